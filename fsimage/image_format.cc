#include "fsimage/image_format.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace varve {
namespace {

template <typename Layout>
Digest digest_before_self(const Layout& layout) {
  return digest_of(bytes_of(layout).first(offsetof(Layout, self)));
}

}  // namespace

Digest ImageHeader::compute_self() const {
  return digest_before_self(*this);
}
Digest ChunkHeader::compute_self() const {
  return digest_before_self(*this);
}
Digest ImageTrailer::compute_self() const {
  return digest_before_self(*this);
}

tl::unexpected<Error> image_damaged(std::string_view what) {
  return fail(ErrorCode::kDamaged, fmt::format("{}; load an older image, or restore this one from a copy", what));
}

Result<void> check_image_header(const ImageHeader& header) {
  if (header.magic != kImageMagic) return image_damaged("the header at offset 0 does not begin with VARVEIMG: not an image, or damaged");
  if (const Digest self = header.compute_self(); self != header.self) {
    return image_damaged(
        fmt::format("the header at offset 0 is damaged: its digest is {}, expected {}", to_hex(self), to_hex(header.self)));
  }
  if (header.layout > kImageLayout) {
    return fail(ErrorCode::kNewerLayout, fmt::format("the header at offset 0 says layout {}, this Varve reads up to {}: use a newer Varve",
                                                     header.layout, kImageLayout));
  }
  if (header.layout == 0 || header.chunks_offset != kChunksOffset || header.chunk_bytes == 0 || header.chunk_bytes > kChunkBytesMax ||
      header.configuration_bytes > kImageConfigurationBytesMax) {
    return image_damaged(
        fmt::format("the header at offset 0 has impossible fields: layout {}, chunks at {}, chunk size {}, configuration of {} bytes",
                    header.layout, header.chunks_offset, header.chunk_bytes, header.configuration_bytes));
  }
  return {};
}

Result<void> check_image_trailer(const ImageTrailer& trailer, const ImageHeader& header, std::uint64_t file_bytes) {
  const std::uint64_t offset = file_bytes - sizeof(ImageTrailer);
  if (trailer.magic != kImageTrailerMagic) {
    return image_damaged(
        fmt::format("no trailer at offset {}, the last {} bytes: the file was cut, grew, or is damaged", offset, kSectorBytes));
  }
  if (const Digest self = trailer.compute_self(); self != trailer.self) {
    return image_damaged(
        fmt::format("the trailer at offset {} is damaged: its digest is {}, expected {}", offset, to_hex(self), to_hex(trailer.self)));
  }
  if (trailer.layout != header.layout || trailer.namespace_id != header.namespace_id || trailer.txid != header.txid) {
    return image_damaged(
        fmt::format("the trailer at offset {} is of layout {} and txid {}, the header of layout {} and txid {}: not one image", offset,
                    trailer.layout, trailer.txid, header.layout, header.txid));
  }
  if (trailer.toc_offset < kChunksOffset || trailer.toc_offset > offset || trailer.toc_offset % kSectorBytes != 0 ||
      trailer.toc_bytes != offset - trailer.toc_offset) {
    return image_damaged(fmt::format("the trailer at offset {} places the table of contents at {} with {} bytes, but the file has {} bytes",
                                     offset, trailer.toc_offset, trailer.toc_bytes, file_bytes));
  }
  return {};
}

}  // namespace varve
