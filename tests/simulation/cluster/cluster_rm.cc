#include "tests/simulation/cluster/cluster_rm.h"

#include <fmt/format.h>

#include <functional>

#include "base/result.h"

namespace varve {

ClusterRm::ClusterRm(SimWorld& world, SimMachine& machine, std::string name, std::vector<std::string> addresses, QuorumOptions options,
                     ClusterHistory& history, ClusterRmCounts& counts)
    : world_(world),
      seams_(machine.seams()),
      name_(std::move(name)),
      addresses_(std::move(addresses)),
      options_(options),
      history_(history),
      counts_(counts) {}

ClusterRm::~ClusterRm() noexcept {
  reign_tasks_.clear();
  tasks_.clear();
  appends_.clear();
}

JournalUrl ClusterRm::url() const {
  JournalUrl url;
  url.kind = JournalUrl::Kind::kQuorum;
  url.name = "rm";
  url.hosts = addresses_;
  return url;
}

void ClusterRm::note(const std::function<void()>& said) {
  try {
    said();
  } catch (const Violation& violation) {
    if (broken_.empty()) broken_ = violation.text;
  }
}

void ClusterRm::stand() {
  if (standing_ || reigns()) return;
  standing_ = true;
  tasks_.add(live());
}

Task<void> ClusterRm::live() {
  while (true) {
    auto reigned = co_await reign();
    if (reigned) break;
    ++counts_.failed_candidacies;
    last_error_ = reigned.error().text();
    co_await seams_.clock.after(std::chrono::milliseconds(50 + seams_.random.below(1000)));
  }
  standing_ = false;
}

Task<Result<void>> ClusterRm::reign() {
  reign_tasks_.clear();
  writer_ = nullptr;
  journal_ = nullptr;
  CO_ASSIGN_OR_RETURN(journal_, co_await QuorumJournal::open(seams_, url(), options_));
  const TxId before = history_.highest_committed();
  SchemaInfo opaque;
  CO_ASSIGN_OR_RETURN(kj::Own<JournalWriter> writer, co_await journal_->become_writer(name_, name_, std::move(opaque)));
  ++counts_.reigns;
  if (submitted_ > 0 || pending_ > 0) ++counts_.reigns_under_load;
  over_ = false;
  writer_ = kj::mv(writer);
  // Everything that was committed when it began to stand is below its first frame.
  note([&] {
    if (writer_->committed().txid < before)
      throw Violation{
          fmt::format("{} reigns from txid {} on, but txid {} was committed before", name_, writer_->committed().txid.value, before.value)};
    history_.committed(writer_->committed(), name_);
  });
  reign_tasks_.add(writer_->when_over().then([this](Error&& error) {
    over_ = true;
    last_error_ = error.text();
  }));
  co_return ok();
}

void ClusterRm::submit(std::size_t bytes) {
  if (!reigns()) return;
  const std::string payload = history_.submit(bytes);
  const std::uint64_t id = ClusterHistory::id_of(as_bytes(payload));
  FrameBuilder builder(transaction_space(payload.size()));
  builder.add(as_bytes(payload));
  ++pending_;
  ++submitted_;
  appends_.add(writer_->append(kj::mv(builder), RunOn::kDiskThread).then([this, id](Result<FramePtr>&& frame) {
    --pending_;
    note([&] {
      if (frame) {
        history_.committed((*frame)->header().position(), name_);
        history_.acknowledge(id, (*frame)->header().last());
      } else if (frame.error().ticket()) {
        history_.leave_unknown(id, *frame.error().ticket());
      } else {
        history_.refuse(id);
      }
    });
  }));
}

void ClusterRm::roll() {
  if (reigns()) writer_->roll();
}

void ClusterRm::follow() {
  if (following_) return;
  following_ = true;
  tasks_.add(read_on());
}

// From where the log begins, for ever; a reader that was overtaken by a purge begins again where the log begins then, as with an image.
Task<void> ClusterRm::read_on() {
  while (true) {
    auto journal = co_await QuorumJournal::open(seams_, url(), options_);
    if (!journal) {
      co_await seams_.clock.after(std::chrono::milliseconds(200));
      continue;
    }
    reading_ = kj::mv(*journal);
    co_await read_from_start();
    ++counts_.overtaken_by_purge;
  }
}

Task<void> ClusterRm::read_from_start() {
  QuorumReader reader(*reading_, reading_->start());
  Digest state = history_.state_at(reading_->start().txid);
  while (true) {
    const std::uint64_t moved = reader.changes_of_member();
    auto frames = co_await reader.follow();
    counts_.followers_moved += reader.changes_of_member() - moved;
    if (!frames && frames.error().code() == ErrorCode::kNotFound) co_return;
    if (!frames) {
      if (frames.error().code() == ErrorCode::kDamaged) damage_ = fmt::format("{} follows: {}", name_, frames.error().text());
      co_await seams_.clock.after(std::chrono::milliseconds(100));
      continue;
    }
    note([&] {
      for (const FrameView& frame : *frames) {
        ++counts_.frames_followed;
        history_.committed(frame.header->position(), fmt::format("the reader on {}", name_));
        followed_ = frame.header->last();
        if (frame.header->frame_kind() != FrameKind::kData) continue;
        for (TransactionCursor c = frame.transactions(); c.next();) {
          history_.saw(c.txid(), c.bytes(), name_);
          state = history_.fold(state, c.txid(), c.bytes(), name_);
        }
      }
    });
  }
}

void ClusterRm::change(wire::ChangeRequest request) {
  if (reigns()) reign_tasks_.add(change_members(std::move(request)));
}

Task<void> ClusterRm::change_members(wire::ChangeRequest request) {
  QuorumWriter* writer = quorum();
  if (writer == nullptr) co_return;
  ++changes_under_way_;
  KJ_DEFER(--changes_under_way_);
  auto changed = co_await writer->change(std::move(request));
  if (changed)
    ++counts_.members_changed;
  else
    ++counts_.changes_refused;
}

void ClusterRm::purge_below(TxId txid) {
  history_.may_purge(txid);
  if (reigns()) reign_tasks_.add(purge(txid));
}

Task<void> ClusterRm::purge(TxId txid) {
  auto purged = co_await journal_->purge(txid);
  (void)purged;
}

void ClusterRm::ask_outcomes() {
  if (reigns()) reign_tasks_.add(ask());
}

Task<void> ClusterRm::ask() {
  const std::size_t count = history_.submissions().size();
  for (std::size_t id = 0; id < count; ++id) {
    const auto ticket = history_.submissions()[id].ticket;
    if (!ticket) continue;
    auto outcome = co_await journal_->outcome(*ticket);
    if (!outcome || *outcome == Outcome::kUnknownYet) continue;
    ++counts_.outcomes;
    const auto& now = history_.submissions()[id];
    if (*outcome == Outcome::kNever && now.in_log && broken_.empty())
      broken_ = fmt::format("the outcome of transaction {} is never, but a reader saw it at txid {}", id, now.seen_at.value);
  }
}

}  // namespace varve
