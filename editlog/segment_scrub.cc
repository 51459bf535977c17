#include "editlog/segment_scrub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "editlog/segment_file.h"
#include "editlog/segment_names.h"
#include "editlog/segment_reader.h"

namespace varve {
namespace {

class SegmentScrub {
 public:
  SegmentScrub(Directory& directory, const ScrubTarget& target, Clock& clock, std::uint64_t bytes_per_second)
      : directory_(directory), target_(target), clock_(clock), bytes_per_second_(bytes_per_second), contents_(target.header) {}

  Task<Result<void>> run() {
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(finalized_name(target_.header.first(), target_.last.txid), {}));
    CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_segment_head(*file, target_.header.namespace_id));
    if (head.header.self != target_.header.self || head.preallocation) co_return fail(wrong(*file, 0, "another head than it had"));
    CO_TRY(co_await read_frames(*file, head));
    co_return co_await compare_footer(*file, head);
  }

 private:
  static Error wrong(const File& file, std::uint64_t offset, std::string_view what) {
    return Error(ErrorCode::kDamaged, fmt::format("reading {} at offset {}: {}", file.path(), offset, what));
  }

  Task<Result<void>> read_frames(File& file, SegmentHead head) {
    SegmentRange range;
    range.namespace_id = head.header.namespace_id;
    range.lineage = head.header.lineage;
    range.end_offset = std::max(kFramesOffset, round_down(head.file_bytes, kSectorBytes));
    range.before = {head.header.first().previous(), Epoch{}, head.header.previous};
    SegmentReader reader(file, range);
    while (contents_.last().txid < target_.last.txid) {
      const std::uint64_t before = contents_.end();
      CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
      if (frames.empty()) co_return fail(ErrorCode::kDamaged, reader.stop()->text);
      for (const FrameView& frame : frames) contents_.add(*frame.header);
      co_await rest(contents_.end() - before);
    }
    if (contents_.last() != target_.last) co_return fail(wrong(file, contents_.end(), "another last frame than it had"));
    co_return ok();
  }

  kj::Promise<void> rest(std::uint64_t bytes) {
    return clock_.after(
        std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * static_cast<double>(bytes) / static_cast<double>(bytes_per_second_))));
  }

  Task<Result<void>> compare_footer(File& file, SegmentHead head) {
    const std::uint64_t bytes = contents_.footer_bytes();
    if (head.file_bytes != contents_.end() + bytes) co_return fail(wrong(file, contents_.end(), "its size is not that of its frames"));
    const AlignedBuffer footer = contents_.footer();
    AlignedBuffer found(bytes);
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file.read(contents_.end(), found.span(0, bytes)));
    if (got != bytes || !std::ranges::equal(std::as_const(found).span(0, bytes), footer.span(0, bytes)))
      co_return fail(wrong(file, contents_.end(), "index or trailer are not those of the frames"));
    co_return ok();
  }

  Directory& directory_;
  const ScrubTarget& target_;
  Clock& clock_;
  std::uint64_t bytes_per_second_;
  SegmentContents contents_;
};

}  // namespace

Task<std::optional<std::string>> scrub_segment(Directory& directory, ScrubTarget target, Clock& clock, std::uint64_t bytes_per_second) {
  CHECK(bytes_per_second > 0);
  SegmentScrub scrub(directory, target, clock, bytes_per_second);
  auto read = co_await scrub.run();
  std::optional<std::string> wrong;
  if (!read) wrong = read.error().text();
  co_return wrong;
}

}  // namespace varve
