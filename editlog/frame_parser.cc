#include "editlog/frame_parser.h"

#include <fmt/format.h>

#include <optional>

#include "base/digest.h"
#include "base/result.h"
#include "editlog/frame_chain.h"

namespace varve {
namespace {

ErrorCode code_of(HeaderDefect defect) {
  if (defect == HeaderDefect::kForeign) return ErrorCode::kForeign;
  return defect == HeaderDefect::kNewerLayout ? ErrorCode::kNewerLayout : ErrorCode::kDamaged;
}

}  // namespace

Result<std::vector<FramePtr>> parse_frames(Bytes bytes, std::shared_ptr<const void> keep, Uuid namespace_id, std::uint64_t lineage,
                                           std::string_view source) {
  std::vector<FramePtr> frames;
  std::optional<FrameChain> chain;
  std::uint64_t offset = 0;
  const auto refuse = [&](ErrorCode code, std::string_view what) {
    return fail(code, fmt::format("frames from {}, offset {}: {}", source, offset, what));
  };
  while (offset < bytes.size()) {
    const Bytes rest = bytes.subspan(offset);
    if (rest.size() < sizeof(FrameHeader)) return refuse(ErrorCode::kDamaged, "cut short in a frame's header");
    const auto header = load_as<FrameHeader>(rest);
    if (const auto defect = check_header(header, namespace_id)) return refuse(code_of(*defect), to_string(*defect));
    if (header.frame_bytes() > rest.size()) return refuse(ErrorCode::kDamaged, "cut short in a frame's body");
    if (!chain) chain.emplace(FrameChain::Before{header.first().previous(), Epoch{0}, header.previous}, lineage);
    if (const auto objection = chain->objection(header)) return refuse(ErrorCode::kDamaged, *objection);
    const Bytes padded_body = rest.subspan(sizeof(FrameHeader), header.frame_bytes() - sizeof(FrameHeader));
    if (digest_of(padded_body) != header.body) return refuse(ErrorCode::kDamaged, "the frame body's digest does not hold");
    if (!padded_body_is_well_formed(header, padded_body))
      return refuse(ErrorCode::kDamaged, "the frame's body is not a sequence of transactions");
    chain->advance(header);
    frames.push_back(std::make_shared<const Frame>(keep, rest.data()));
    offset += header.frame_bytes();
  }
  return frames;
}

}  // namespace varve
