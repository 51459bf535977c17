#include "tests/simulation/submission_record.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace varve {

std::size_t SubmissionRecord::submit(Bytes transaction) {
  submissions_.push_back({.digest = digest_of(transaction), .bytes = transaction.size()});
  return submissions_.size() - 1;
}

std::string SubmissionRecord::describe(std::size_t index) const {
  return fmt::format("submission {} of {} bytes", index, submissions_[index].bytes);
}

std::string SubmissionRecord::complete(std::size_t index, const Result<TxId>& result) {
  Submission& s = submissions_[index];
  if (s.completed) return fmt::format("{} was completed twice", describe(index));
  s.completed = true;
  ++completed_;
  if (result) {
    if (*result <= last_acknowledged_)
      return fmt::format("{} was acknowledged as txid {} after txid {}", describe(index), result->value, last_acknowledged_.value);
    last_acknowledged_ = *result;
    s.fate = Fate::kAcknowledged;
    s.txid = *result;
    ++acknowledged_;
    return "";
  }
  const Error& error = result.error();
  if (error.code() == ErrorCode::kNoSpace) ++refused_for_space_;
  if (error.code() != ErrorCode::kOutcomeUnknown) {
    s.fate = Fate::kNever;
    return "";
  }
  if (!error.ticket()) return fmt::format("{} failed as unknown without a ticket: {}", describe(index), error.text());
  s.fate = Fate::kUnknown;
  s.ticket = error.ticket();
  return "";
}

void SubmissionRecord::drop_open() {
  for (std::size_t i = reconciled_; i < submissions_.size(); ++i) submissions_[i].completed = true;
  completed_ = submissions_.size();
}

// Moves `from` behind the submission that `entry` is.
std::string SubmissionRecord::find(const DigestLedger::Entry& entry, std::size_t& from) {
  for (std::size_t i = from; i < submissions_.size(); ++i) {
    Submission& s = submissions_[i];
    if (s.fate == Fate::kNever) continue;
    if (s.fate == Fate::kAcknowledged) {
      if (s.txid != entry.txid)
        return fmt::format("{} was acknowledged as txid {} and is lost; the state has txid {} in its place", describe(i), s.txid.value,
                           entry.txid.value);
      if (s.digest != entry.digest)
        return fmt::format("{}, acknowledged as txid {}, has other bytes in the state", describe(i), s.txid.value);
      from = i + 1;
      return "";
    }
    if (s.digest != entry.digest || (s.ticket && s.ticket->txid != entry.txid)) continue;
    s.fate = Fate::kAcknowledged;
    s.txid = entry.txid;
    ++acknowledged_;
    from = i + 1;
    return "";
  }
  return fmt::format("the state has a txid {} that was never submitted, or refused, or found lost, or is out of order", entry.txid.value);
}

std::string SubmissionRecord::reconcile(const std::vector<DigestLedger::Entry>& state) {
  std::size_t from = 0;
  TxId last;
  for (const DigestLedger::Entry& entry : state) {
    if (entry.txid <= last) return fmt::format("the state has txid {} after txid {}", entry.txid.value, last.value);
    last = entry.txid;
    if (std::string wrong = find(entry, from); !wrong.empty()) return wrong;
  }
  for (std::size_t i = from; i < submissions_.size(); ++i)
    if (submissions_[i].fate == Fate::kAcknowledged)
      return fmt::format("{} was acknowledged as txid {} and is lost; the state ends at txid {}", describe(i), submissions_[i].txid.value,
                         last.value);
  asked_about_.clear();
  for (std::size_t i = reconciled_; i < submissions_.size(); ++i) {
    if (submissions_[i].ticket) asked_about_.push_back(i);
    if (submissions_[i].fate != Fate::kAcknowledged) submissions_[i].fate = Fate::kNever;
  }
  reconciled_ = submissions_.size();
  last_acknowledged_ = TxId{};
  return "";
}

}  // namespace varve
