// One image file opened for reading, its header, trailer and table of contents verified.
// Owns:    the file.
// Threads: the event loop's; decode() any.
// Errors:  their text names the file and, for damage, the offset.
#pragma once

#include <kj/memory.h>

#include <cstddef>
#include <cstdint>

#include "base/disk.h"
#include "base/task.h"
#include "fsimage/chunk_codec.h"
#include "fsimage/give_way.h"
#include "fsimage/image_directory.h"
#include "fsimage/image_format.h"
#include "fsimage/table_of_contents.h"

namespace varve {

// Reads and verifies only the header of `file`, which must outlive the task.
Task<Result<ImageHeader>> read_image_header(File& file);

class ImageReader {
 public:
  static Task<Result<kj::Own<ImageReader>>> open(kj::Own<File> file);
  ImageReader(kj::Own<File> file, const ImageHeader& header, const ImageTrailer& trailer, TableOfContents toc);

  const ImageHeader& header() const { return header_; }
  const ImageTrailer& trailer() const { return trailer_; }
  const TableOfContents& toc() const { return toc_; }
  const std::string& path() const { return file_->path(); }
  std::uint64_t file_bytes() const { return trailer_.toc_offset + trailer_.toc_bytes + sizeof(ImageTrailer); }
  ImagePoint point() const;

  // Reads the chunk at `index` of the table as it stands in the file into `buffer`, which grows when too small. Returns how many bytes
  // there were; decode() tells when they are too few. With `give_way` in small pieces, else in one.
  Task<Result<std::size_t>> read_chunk(std::size_t index, AlignedBuffer& buffer, const GiveWay& give_way);
  // Verifies what read_chunk() gave; see ChunkDecoder::decode().
  Result<Bytes> decode(std::size_t index, Bytes stored, ChunkDecoder& decoder) const;

  // The error with this image's name in front.
  Error named(const Error& error) const;

 private:
  kj::Own<File> file_;
  ImageHeader header_;
  ImageTrailer trailer_;
  TableOfContents toc_;
};

}  // namespace varve
