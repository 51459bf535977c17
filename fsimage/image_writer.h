// Writes one image from front to back: header, chunks in the order given, table of contents, trailer.
// Owns:    where the next chunk goes, the table of contents, the digest of the whole. Not the file.
// Threads: the event loop's. Destroying it waits for the sync under way.
// Durable: when finish() resolves, the content. On the way every kSyncStepBytes are synced, so that no sync has much to do.
// Errors:  any error is final; the file is then worth nothing.
#pragma once

#include <kj/async.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/digest.h"
#include "base/disk.h"
#include "base/task.h"
#include "fsimage/chunk_codec.h"
#include "fsimage/give_way.h"
#include "fsimage/image_directory.h"
#include "fsimage/table_of_contents.h"

namespace varve {

class ImageWriter {
 public:
  static constexpr std::uint64_t kSyncStepBytes = 32u << 20;

  // Preconditions: the configuration fits, chunk_bytes is within its bounds.
  ImageWriter(File& file, const ImagePoint& point, const std::vector<SectionInfo>& sections, std::size_t chunk_bytes);

  struct Placed {
    std::size_t section;  // index; never lower than that of the chunk before
    Chunk chunk;
  };

  Task<Result<void>> write_header();
  // Gives the chunks their places and writes them, in one go when nobody is in the way. They must live until it resolves.
  Task<Result<void>> write_chunks(std::vector<Placed>& chunks, const GiveWay& give_way);
  Task<Result<SavedImage>> finish();

 private:
  Result<void> place(Placed& placed);
  Task<Result<void>> write_in_pieces(std::uint64_t offset, Bytes bytes, const GiveWay& give_way);
  Task<Result<void>> sync_in_steps();
  Task<Result<void>> finish_sync();

  File& file_;
  ImageHeader header_;
  TableOfContents toc_;
  DigestStream whole_;
  std::uint64_t end_ = kChunksOffset;
  std::uint64_t synced_ = 0;  // by the sync under way, if any
  kj::Maybe<kj::Promise<Result<void>>> sync_;
};

}  // namespace varve
