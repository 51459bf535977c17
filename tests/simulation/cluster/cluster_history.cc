#include "tests/simulation/cluster/cluster_history.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace varve {

void ClusterHistory::committed(const LogPosition& frame, const std::string& by) {
  if (frame.txid.value == 0) return;
  const auto [place, added] = committed_.try_emplace(frame.txid.value, Place{frame, by});
  demand(1, place->second.frame == frame, [&] {
    return fmt::format("two committed frames end at txid {}: {} of epoch {} ({}) and {} of epoch {} ({})", frame.txid.value,
                       to_hex(place->second.frame.digest), place->second.frame.epoch.value, place->second.by, to_hex(frame.digest),
                       frame.epoch.value, by);
  });
  highest_ = std::max(highest_, frame.txid);
}

void ClusterHistory::stored(const LogPosition& frame, const std::string& by) {
  if (frame.txid.value == 0) return;
  const auto [place, added] = stored_.try_emplace({frame.epoch.value, frame.txid.value}, Place{frame, by});
  demand(3, place->second.frame.digest == frame.digest, [&] {
    return fmt::format("two frames of epoch {} end at txid {}: {} ({}) and {} ({})", frame.epoch.value, frame.txid.value,
                       to_hex(place->second.frame.digest), place->second.by, to_hex(frame.digest), by);
  });
}

std::string ClusterHistory::submit(std::size_t bytes) {
  std::string payload(std::max<std::size_t>(bytes, sizeof(std::uint64_t)), 'x');
  const std::uint64_t id = submissions_.size();
  std::memcpy(payload.data(), &id, sizeof(id));
  submissions_.emplace_back();
  return payload;
}

std::uint64_t ClusterHistory::id_of(Bytes payload) {
  return load_as<std::uint64_t>(payload);
}

void ClusterHistory::acknowledge(std::uint64_t id, TxId txid) {
  Submission& submission = submissions_.at(id);
  demand(1, submission.fate == Fate::kPending, [&] { return fmt::format("transaction {} was answered twice", id); });
  demand(1, !submission.in_log || submission.seen_at == txid, [&] {
    return fmt::format("transaction {} was seen at txid {} and acknowledged at {}", id, submission.seen_at.value, txid.value);
  });
  submission.fate = Fate::kAcknowledged;
  submission.txid = txid;
  ++acknowledged_;
}

void ClusterHistory::refuse(std::uint64_t id) {
  Submission& submission = submissions_.at(id);
  demand(1, submission.fate == Fate::kPending, [&] { return fmt::format("transaction {} was answered twice", id); });
  demand(1, !submission.in_log, [&] { return fmt::format("transaction {} was refused and is committed", id); });
  submission.fate = Fate::kRefused;
}

void ClusterHistory::leave_unknown(std::uint64_t id, Ticket ticket) {
  Submission& submission = submissions_.at(id);
  demand(1, submission.fate == Fate::kPending, [&] { return fmt::format("transaction {} was answered twice", id); });
  submission.fate = Fate::kUnknown;
  submission.ticket = ticket;
}

void ClusterHistory::saw(TxId txid, Bytes payload, const std::string& by) {
  demand(2, payload.size() >= sizeof(std::uint64_t) && id_of(payload) < submissions_.size(),
         [&] { return fmt::format("{} read a transaction at txid {} that nobody submitted", by, txid.value); });
  Submission& submission = submissions_[id_of(payload)];
  demand(2, submission.fate != Fate::kRefused,
         [&] { return fmt::format("{} read transaction {} at txid {}, which was refused", by, id_of(payload), txid.value); });
  demand(2, submission.fate != Fate::kAcknowledged || submission.txid == txid, [&] {
    return fmt::format("{} read transaction {} at txid {}, acknowledged at {}", by, id_of(payload), txid.value, submission.txid.value);
  });
  demand(2, !submission.in_log || submission.seen_at == txid, [&] {
    return fmt::format("{} read transaction {} at txid {}, seen at {} before", by, id_of(payload), txid.value, submission.seen_at.value);
  });
  submission.in_log = true;
  submission.seen_at = txid;
}

void ClusterHistory::check_complete(TxId read_up_to) {
  for (std::uint64_t id = 0; id < submissions_.size(); ++id) {
    const Submission& submission = submissions_[id];
    if (submission.fate == Fate::kAcknowledged)
      demand(1, submission.in_log, [&] {
        return fmt::format("transaction {} was acknowledged at txid {} and is not in the log, read up to txid {}", id,
                           submission.txid.value, read_up_to.value);
      });
  }
}

void ClusterHistory::begins(TxId start, const std::string& by) {
  demand(6, start <= purgeable_, [&] {
    return fmt::format("{}: the log begins behind txid {}, images hold no more than txid {}", by, start.value, purgeable_.value);
  });
}

Digest ClusterHistory::state_at(TxId txid) const {
  const auto above = states_.upper_bound(txid.value);
  return above == states_.begin() ? Digest{} : std::prev(above)->second;
}

Digest ClusterHistory::fold(const Digest& before, TxId txid, Bytes payload, const std::string& by) {
  DigestStream digest;
  digest.add(bytes_of(before));
  digest.add(bytes_of(txid));
  digest.add(payload);
  const Digest state = digest.finish();
  const auto [known, added] = states_.try_emplace(txid.value, state);
  demand(5, known->second == state, [&] { return fmt::format("{}: the state at txid {} is not what it was elsewhere", by, txid.value); });
  return state;
}

}  // namespace varve
