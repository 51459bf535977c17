#include "editlog/segment_preparer.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/segment_names.h"

namespace varve {
namespace {

std::string prepared_name(std::size_t number) {
  return number == 0 ? std::string(kPreparedFile) : fmt::format("edits_prepared_{}{}", number + 1, kTemporarySuffix);
}

}  // namespace

SegmentPreparer::SegmentPreparer(Seams seams, Directory& directory, SegmentPreparerOptions options)
    : seams_(seams), directory_(directory), options_(options), reserve_(directory, options.reserve_bytes) {}

void SegmentPreparer::prepare_ahead() {
  if (working_ || ready_) return;
  working_ = true;
  ahead_ = kj::Promise<void>(work_ahead()).fork();
}

void SegmentPreparer::stop() {
  ahead_.reset();
  working_ = false;
}

Task<void> SegmentPreparer::work_ahead() {
  auto reserved = co_await reserve_.establish();
  auto made = co_await make(prepared_name(0), options_.file_bytes);
  working_ = false;
  const bool good = reserved && made;
  if (!good && !complained_) {
    const Error& error = reserved ? made.error() : reserved.error();
    seams_.log(LogLevel::kWarning, fmt::format("{}: preparing the next segment: {}", directory_.path(), error.text()));
  }
  complained_ = !good;
  if (made) ready_ = kj::mv(*made);
}

Task<Result<PreparedSegment>> SegmentPreparer::make(std::string name, std::uint64_t file_bytes) {
  CO_ASSIGN_OR_RETURN(const std::uint64_t free, co_await directory_.free_bytes());
  const std::uint64_t needed = file_bytes + reserve_.missing();
  if (free < needed)
    co_return fail(ErrorCode::kNoSpace,
                   fmt::format("preparing {}/{} of {} bytes: {} bytes must be free with the reserve, {} are; free some space",
                               directory_.path(), name, file_bytes, needed, free));
  co_return co_await prepare(std::move(name), file_bytes);
}

Task<Result<PreparedSegment>> SegmentPreparer::prepare(std::string name, std::uint64_t file_bytes) {
  const PreparationOptions preparation{.name = std::move(name),
                                       .namespace_id = options_.namespace_id,
                                       .salt = seams_.random.next(),
                                       .file_bytes = file_bytes,
                                       .direct = options_.direct};
  co_return co_await PreparedSegment::prepare(directory_, preparation);
}

Task<Result<std::vector<PreparedSegment>>> SegmentPreparer::take(std::vector<std::uint64_t> file_bytes) {
  if (working_) co_await ahead_->addBranch();
  std::vector<PreparedSegment> taken;
  for (std::size_t i = 0; i < file_bytes.size(); ++i) {
    if (ready_ && ready_->file_bytes() >= file_bytes[i]) {
      taken.push_back(kj::mv(*ready_));
      ready_.reset();
      continue;
    }
    // A ready one that is too small goes: the name is taken by the larger one, whose space it may be.
    if (i == 0) ready_.reset();
    auto made = co_await make(prepared_name(i), file_bytes[i]);
    if (!made) {
      co_await give_up(kj::mv(taken));
      co_return fail(made.error());
    }
    taken.push_back(kj::mv(*made));
  }
  co_return taken;
}

Task<Result<PreparedSegment>> SegmentPreparer::take_reserved(std::uint64_t file_bytes) {
  if (working_) co_await ahead_->addBranch();
  ready_.reset();
  auto prepared = co_await prepare(prepared_name(0), file_bytes);
  if (prepared || prepared.error().code() != ErrorCode::kNoSpace) co_return prepared;
  seams_.log(LogLevel::kWarning, fmt::format("{}: using the reserve up: {}", directory_.path(), prepared.error().text()));
  CO_TRY(co_await reserve_.use_up());
  co_return co_await prepare(prepared_name(0), file_bytes);
}

Task<void> SegmentPreparer::give_up(std::vector<PreparedSegment> made) {
  for (PreparedSegment& segment : made) {
    auto removed = co_await directory_.remove(segment.name());
    (void)removed;  // what stays is removed by the next open
  }
}

}  // namespace varve
