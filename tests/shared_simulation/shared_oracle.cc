#include "tests/shared_simulation/shared_oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace varve {

void SharedOracle::known(const FrameHeader& header, const std::string& who) {
  const Known frame{header.first(), Epoch{header.epoch}, header.self, header.previous};
  const auto [at, added] = frames_.emplace(header.last(), frame);
  if (at->second.digest != frame.digest)
    violate(fmt::format("{}: txids {}..{} of epoch {} are not what was known before, {}..{} of epoch {}", who, header.first_txid,
                        header.last().value, header.epoch, at->second.first.value, at->first.value, at->second.epoch.value));
  check_outcomes(header.last(), header.self, who);
  if (added) {
    const auto next = std::next(at);
    const bool above = next == frames_.end() || (next->second.first > header.last() && next->second.epoch.value >= header.epoch &&
                                                 (next->second.first != header.last().next() || next->second.previous == header.self));
    bool below = true;
    if (at != frames_.begin()) {
      const auto before = std::prev(at);
      below = before->first < header.first() && before->second.epoch.value <= header.epoch &&
              (before->first.next() != header.first() || before->second.digest == header.previous);
    }
    if (!above || !below)
      violate(fmt::format("{}: txids {}..{} of epoch {} do not fit what is known around them", who, header.first_txid, header.last().value,
                          header.epoch));
  }
  if (header.frame_kind() == FrameKind::kEpochStart && epoch_starts_.emplace(Epoch{header.epoch}, header.self).first->second != header.self)
    violate(fmt::format("{}: epoch {} has two writers", who, header.epoch));
}

void SharedOracle::reign(Epoch epoch, LogPosition end, const std::string& who) {
  if (!reigns_.insert(epoch).second) violate(fmt::format("{}: epoch {} has two writers", who, epoch.value));
  // A reign may be over, and others have gone on, before its process hears that it has begun.
  if (end.txid < last() && frames_.rbegin()->second.epoch <= epoch)
    violate(fmt::format("{}: its log ends at txid {}, but txid {} was acknowledged or seen", who, end.txid.value, last().value));
}

void SharedOracle::purged(TxId upto) {
  purged_ = std::max(purged_, upto);
}

void SharedOracle::start(LogPosition start, const std::string& who) {
  const auto at = frames_.find(start.txid);
  if (start.txid > purged_ || (at != frames_.end() && at->second.digest != start.digest))
    violate(fmt::format("{}: the log begins behind txid {}, purged was up to {}", who, start.txid.value, purged_.value));
}

void SharedOracle::outcome(Ticket ticket, Outcome outcome, const std::string& who) {
  auto [at, added] = outcomes_.emplace(ticket.txid, std::map<Epoch, Told>());
  const Told told{ticket.frame, outcome};
  const auto [before, first] = at->second.emplace(ticket.epoch, told);
  if (!first && before->second.outcome != outcome)
    violate(fmt::format("{}: txid {} of epoch {} has two outcomes", who, ticket.txid.value, ticket.epoch.value));
  if (const auto known = frames_.find(ticket.txid); known != frames_.end()) check_outcomes(ticket.txid, known->second.digest, who);
}

void SharedOracle::check_outcomes(TxId txid, Digest digest, const std::string& who) {
  const auto at = outcomes_.find(txid);
  if (at == outcomes_.end()) return;
  for (const auto& [epoch, told] : at->second)
    if ((told.frame == digest) != (told.outcome == Outcome::kCommitted))
      violate(fmt::format("{}: the outcome of txid {} of epoch {} was said to be {}", who, txid.value, epoch.value,
                          static_cast<int>(told.outcome)));
}

}  // namespace varve
