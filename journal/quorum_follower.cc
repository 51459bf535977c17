#include "journal/quorum_follower.h"

#include <algorithm>

#include "base/result.h"
#include "editlog/configuration_history.h"

namespace varve {

Task<Result<JournalStatus>> QuorumFollower::begin() {
  CO_ASSIGN_OR_RETURN(journal_, co_await QuorumJournal::open(seams_, url_, options_));
  at_ = journal_->start();
  reader_ = kj::heap<QuorumReader>(*journal_, at_);
  JournalStatus status = journal_->status();
  status.last = journal_->known_committed();
  co_return status;
}

Task<Result<void>> QuorumFollower::open() {
  if (reader_.get() != nullptr) co_return ok();
  auto opened = co_await QuorumJournal::open(seams_, url_, options_);
  if (!opened) co_return fail(opened.error());
  journal_ = kj::mv(*opened);
  reader_ = kj::heap<QuorumReader>(*journal_, at_);
  co_return ok();
}

Task<Result<std::vector<FrameView>>> QuorumFollower::next() {
  CO_TRY(co_await open());
  auto frames = co_await reader_->follow();
  if (!frames) {
    reader_ = nullptr;  // the next call asks anew who the members are
    co_return fail(frames.error());
  }
  at_ = reader_->position();
  learn_members(*frames);
  co_return kj::mv(*frames);
}

void QuorumFollower::learn_members(const std::vector<FrameView>& frames) {
  for (const FrameView& frame : frames) {
    const auto record = configuration_in(*frame.header, frame.body);
    if (!record) continue;
    const auto configuration = decode_configuration(as_bytes(record->bytes));
    if (!configuration) continue;
    for (const Member& member : configuration->members)
      if (!member.address.empty() && std::ranges::find(url_.hosts, member.address) == url_.hosts.end())
        url_.hosts.push_back(member.address);
  }
}

}  // namespace varve
