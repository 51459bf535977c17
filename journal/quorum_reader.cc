#include "journal/quorum_reader.h"

#include <fmt/format.h>

#include "base/result.h"
#include "journal/quorum_journal.h"

namespace varve {
namespace {

constexpr std::chrono::nanoseconds kAskAgain = std::chrono::milliseconds(20);

std::vector<FrameView> views_of(const std::vector<FramePtr>& frames) {
  std::vector<FrameView> views;
  for (const FramePtr& frame : frames) views.push_back({&frame->header(), frame->body(), frame});
  return views;
}

}  // namespace

Task<Result<std::vector<FrameView>>> QuorumReader::do_next() {
  std::size_t idle = 0;
  while (at_.txid < journal_.known_committed()) {
    auto frames = co_await take(false);
    if (!frames || !frames->empty()) co_return kj::mv(frames);
    // This member does not know that it is committed, and without a writer nobody tells it; another one may.
    if (journal_.writer() != nullptr) continue;
    if (++idle > journal_.addresses().size()) break;
    stream_ = nullptr;
    ++next_member_;
  }
  co_return std::vector<FrameView>();
}

Task<Result<std::vector<FrameView>>> QuorumReader::follow() {
  co_return co_await take(true);
}

Task<Result<std::vector<FrameView>>> QuorumReader::take(bool wait) {
  while (true) {
    const auto until = journal_.seams().clock.now() + journal_.options().open_patience;
    if (stream_.get() == nullptr) CO_TRY(co_await ensure_stream(until));
    auto frames = co_await stream_->next();
    if (!frames) {
      journal_.seams().log(LogLevel::kInfo, fmt::format("reading goes on with another member: {}", frames.error().text()));
      stream_ = nullptr;
      ++next_member_;
      ++changes_;
      if (purged_ && frames.error().code() == ErrorCode::kDamaged) co_return fail(*purged_);  // the others have no more need of it
      continue;
    }
    journal_.note_committed(std::min(stream_->node_committed(), stream_->position().txid));
    if (frames->empty() && wait) {
      // Nothing new, or a member that hears nothing new: another one may know more.
      if (journal_.seams().clock.now() - heard_ > journal_.options().read_patience) {
        stream_ = nullptr;
        ++next_member_;
        heard_ = journal_.seams().clock.now();
        if (purged_) co_return fail(*purged_);  // the log goes on above what this one ever hears of
        co_await journal_.look_again();         // all that are known may have been removed
      }
      continue;
    }
    heard_ = journal_.seams().clock.now();
    purged_.reset();
    at_ = stream_->position();
    co_return views_of(*frames);
  }
}

// One member after the other. A member that does not have it yet may have it soon.
Task<Result<void>> QuorumReader::ensure_stream(std::chrono::nanoseconds until) {
  std::string problems;
  bool purged_everywhere = true;
  const std::vector<std::string> addresses = journal_.addresses();
  for (std::size_t asked = 0; stream_.get() == nullptr; ++asked) {
    const std::string address = addresses[next_member_ % addresses.size()];
    std::vector<LogPosition> after{at_};
    auto opened = co_await FrameStream::open(journal_.seams(), address, journal_.identity(), std::move(after), LogPosition{},
                                             journal_.options().read_patience);
    if (opened) {
      stream_ = kj::mv(*opened);
      break;
    }
    problems += fmt::format(" {};", opened.error().text());
    // What is committed on one member is the same on all.
    if (opened.error().code() == ErrorCode::kForeign) co_return fail(ErrorCode::kDamaged, opened.error().text());
    if (opened.error().code() == ErrorCode::kNotFound)
      purged_ = opened.error();
    else
      purged_everywhere = false;
    ++next_member_;
    if ((asked + 1) % addresses.size() != 0) continue;
    if (purged_everywhere) co_return fail(ErrorCode::kNotFound, fmt::format("reading the log behind txid {}:{}", at_.txid.value, problems));
    // Who does not answer may have it still; those that have purged it did so by their writer's order, and have no more need of it.
    if (journal_.seams().clock.now() >= until && purged_)
      co_return fail(ErrorCode::kNotFound, fmt::format("reading the log behind txid {}:{}", at_.txid.value, problems));
    if (journal_.seams().clock.now() >= until)
      co_return fail(ErrorCode::kIo, fmt::format("reading the log behind txid {}: no member gives it:{}", at_.txid.value, problems));
    problems.clear();
    purged_everywhere = true;
    co_await journal_.seams().clock.after(kAskAgain);
  }
  co_return ok();
}

}  // namespace varve
