#include "journal/quorum_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "editlog/segment_format.h"
#include "editlog/txid_limit.h"
#include "journal/commit_rule.h"

namespace varve {
namespace {

constexpr std::chrono::nanoseconds kWatchInterval = std::chrono::milliseconds(100);
constexpr std::chrono::nanoseconds kFarewell = std::chrono::seconds(2);  // at most waited for members that lag, when all is done

std::uint64_t frame_space(std::uint64_t body_bytes) {
  return round_up(sizeof(FrameHeader) + body_bytes, kSectorBytes);
}

}  // namespace

QuorumWriter::QuorumWriter(Seams seams, Reign reign, QuorumWriterOptions options)
    : seams_(seams),
      reign_(std::move(reign)),
      options_(options),
      window_(reign_.base),
      committed_(reign_.base),
      configuration_(reign_.configuration),
      segments_(std::move(reign_.segments)) {
  auto paf = kj::newPromiseAndFulfiller<Error>();
  over_fulfiller_ = kj::mv(paf.fulfiller);
  over_promise_ = paf.promise.fork();
  for (FramePtr& frame : reign_.tail) window_.add(std::move(frame));
  reign_.tail.clear();
  for (const Member& member : configuration_.members) {
    members_.push_back(kj::heap<MemberReplication>(seams_, static_cast<ReplicatedLog&>(*this), member, options_.replication));
    members_.back()->start();
  }
  tasks_.add(watch());
}

QuorumWriter::~QuorumWriter() noexcept(false) {}

Task<Result<void>> QuorumWriter::begin() {
  std::string body = encode(EpochStart{reign_.writer, reign_.name, reign_.host});
  kj::Promise<Result<FramePtr>> started = append_control(FrameKind::kEpochStart, std::move(body));
  auto frame = co_await kj::mv(started);
  if (!frame) co_return fail(frame.error().within(fmt::format("starting epoch {}", reign_.epoch.value)));
  co_return ok();
}

wire::OpenAppend QuorumWriter::introduction() const {
  return wire::OpenAppend{reign_.epoch, reign_.writer, reign_.name, reign_.host};
}

// --- Framing ---

kj::Promise<Result<FramePtr>> QuorumWriter::append(FrameBuilder&& transactions, RunOn where) {
  (void)where;
  return enqueue(kj::mv(transactions), FrameKind::kData);
}

kj::Promise<Result<FramePtr>> QuorumWriter::append_control(FrameKind kind, std::string body) {
  FrameBuilder builder(transaction_space(body.size()));
  builder.add(as_bytes(body));
  return enqueue(kj::mv(builder), kind);
}

// A reign begins in a segment of its own.
bool QuorumWriter::must_roll(std::uint64_t next_frame_bytes) const {
  if (!has_segment_) return true;
  if (segment_transactions_ <= 1) return false;  // nothing but its SegmentStart: rolling would leave an empty segment
  if (next_frame_bytes > segment_space_ || roll_asked_ || segment_transactions_ >= options_.roll.transactions_max) return true;
  return options_.roll.age_max.count() > 0 && seams_.clock.now() - segment_opened_ >= options_.roll.age_max;
}

void QuorumWriter::open_segment() {
  const std::string body = encode(SegmentStart{reign_.schema.compiled, reign_.schema.transaction_type, reign_.schema.name, configuration_});
  FrameBuilder start(transaction_space(body.size()));
  start.add(as_bytes(body));
  roll_asked_ = false;
  has_segment_ = true;
  segment_transactions_ = 0;
  segment_opened_ = seams_.clock.now();
  segment_space_ = frames_end_max(std::max(round_up(options_.segment_bytes, kPageBytes), segment_file_bytes(kPageBytes))) - kFramesOffset;
  if (!segments_.empty() && !segments_.back().name.last) segments_.back().name.last = segments_.back().last;
  segments_.push_back(SegmentInfo{SegmentName{window_.end().txid.next(), std::nullopt}, window_.end().txid, kFramesOffset});
  window_.add(seal(kj::mv(start), FrameKind::kSegmentStart, true));
}

FramePtr QuorumWriter::seal(FrameBuilder&& transactions, FrameKind kind, bool roll) {
  FrameSeal seal;
  seal.kind = kind;
  seal.roll = roll;
  seal.epoch = reign_.epoch;
  seal.first = window_.end().txid.next();
  seal.committed = committed_.txid;
  seal.wall_us = seams_.clock.wall_us();
  seal.lineage = reign_.journal.lineage;
  seal.namespace_id = reign_.journal.namespace_id;
  seal.previous = window_.end().digest;
  FramePtr frame = kj::mv(transactions).seal(seal);
  if (first_own_.value == 0) first_own_ = frame->header().first();
  segment_transactions_ += frame->header().transactions;
  segment_space_ -= std::min(segment_space_, frame->header().frame_bytes());
  segments_.back().last = frame->header().last();
  segments_.back().bytes += frame->header().frame_bytes();
  return frame;
}

kj::Promise<Result<FramePtr>> QuorumWriter::enqueue(FrameBuilder&& transactions, FrameKind kind) {
  if (over_) return Result<FramePtr>(fail(*over_));
  if (must_roll(frame_space(transactions.body_bytes()))) open_segment();
  FramePtr frame = seal(kj::mv(transactions), kind, false);
  const bool large = frame->header().frame_bytes() >= options_.replication.at_once_bytes;
  window_.add(frame);
  auto paf = kj::newPromiseAndFulfiller<Result<FramePtr>>();
  Pending pending;
  pending.end = frame->header().position();
  pending.frame = std::move(frame);
  pending.framed = seams_.clock.now();
  pending.done = kj::mv(paf.fulfiller);
  pending_.push_back(std::move(pending));
  for (auto& member : members_)
    if (large)
      member->send_now();
    else
      member->wake();
  return kj::mv(paf.promise);
}

// --- Committing ---

void QuorumWriter::on_acknowledged() {
  commit();
  promote_if_caught_up();
}

void QuorumWriter::commit() {
  if (over_) return;
  std::vector<Acknowledgement> acknowledgements;
  for (const auto& member : members_) {
    const bool counts = !member->lost();
    acknowledgements.push_back({member->member().role, counts ? member->acknowledged().txid : TxId{0}});
  }
  const TxId reached = acknowledged_by_majority(configuration_, std::move(acknowledgements));
  // Older epochs' frames are never committed by counting copies.
  if (first_own_.value == 0 || reached < first_own_ || reached <= committed_.txid) return;
  const auto position = window_.at_or_below(reached);
  CHECK(position && position->epoch == reign_.epoch, reached.value);
  committed_ = *position;
  while (!pending_.empty() && pending_.front().end.txid <= committed_.txid) {
    pending_.front().done->fulfill(std::move(pending_.front().frame));
    pending_.pop_front();
  }
  window_.shrink(committed_.txid, options_.retained_bytes);
  for (auto& member : members_) member->wake();
  if (!pending_.empty()) return;
  KJ_IF_MAYBE (idle, idle_) {
    (*idle)->fulfill();
    idle_ = nullptr;
  }
}

std::optional<std::string> QuorumWriter::source_for(Uuid disk, std::uint64_t attempt) const {
  std::vector<const MemberReplication*> sources;
  for (const auto& member : members_) {
    if (member->member().disk == disk || member->member().role == MemberRole::kWitness || !member->streaming()) continue;
    if (member->acknowledged().txid >= window_.base().txid) sources.push_back(member.get());
  }
  if (sources.empty()) return std::nullopt;
  return sources[attempt % sources.size()]->member().address;
}

void QuorumWriter::on_fenced(Epoch promised, const std::string& text) {
  end_reign(Error(ErrorCode::kFenced,
                  fmt::format("the reign of epoch {} is over, epoch {} is promised: {}", reign_.epoch.value, promised.value, text)));
}

void QuorumWriter::on_contradiction(const std::string& text) {
  end_reign(Error(ErrorCode::kDamaged, fmt::format("the reign of epoch {} is over: {}", reign_.epoch.value, text)));
}

void QuorumWriter::end_reign(Error error) {
  if (over_) return;
  over_ = error;
  if (error.code() != ErrorCode::kClosed) over_fulfiller_->fulfill(Error(error));  // a close is not news
  std::deque<Pending> pending;
  pending.swap(pending_);
  for (Pending& p : pending) {
    const FrameHeader& header = p.frame->header();
    Error unknown(ErrorCode::kOutcomeUnknown,
                  fmt::format("appending transactions {}..{}: {}; they may or may not be in the log: ask the next writer for their outcome",
                              header.first_txid, header.last().value, error.text()));
    p.done->fulfill(Result<FramePtr>(fail(unknown.with_ticket(Ticket{header.last(), reign_.epoch, header.self}))));
  }
  KJ_IF_MAYBE (idle, idle_) {
    (*idle)->fulfill();
    idle_ = nullptr;
  }
  // Not here: a member's own message may be what ended it.
  tasks_.add(kj::evalLater([this] { members_.clear(); }));
}

Task<void> QuorumWriter::watch() {
  while (!over_) {
    co_await seams_.clock.after(kWatchInterval);
    const auto now = seams_.clock.now();
    std::size_t lost = 0;
    std::size_t voters = 0;
    for (const auto& member : members_) {
      if (member->member().role == MemberRole::kLearner) continue;
      ++voters;
      if (member->lost()) ++lost;
    }
    if (voters - lost < majority_of(configuration_))
      end_reign(Error(ErrorCode::kIo, "a majority of the voters is lost for good: replace them, or reset the journal"));
    else if (!pending_.empty() && now - pending_.front().framed > options_.commit_patience)
      end_reign(Error(ErrorCode::kIo, fmt::format("no majority of the voters has answered for {} s",
                                                  std::chrono::duration_cast<std::chrono::seconds>(options_.commit_patience).count())));
    promote_if_caught_up();
  }
}

Task<Result<void>> QuorumWriter::do_close() {
  if (!pending_.empty()) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    idle_ = kj::mv(paf.fulfiller);
    co_await kj::mv(paf.promise);
  }
  if (over_) co_return fail(*over_);
  // Members that answer learn what is committed; the others learn it from the next writer.
  const auto until = seams_.clock.now() + kFarewell;
  while (!over_ && seams_.clock.now() < until) {
    const bool waiting = std::ranges::any_of(members_, [](const auto& m) { return m->streaming() && !m->level(); });
    if (!waiting) break;
    co_await seams_.clock.after(std::chrono::milliseconds(1));
  }
  if (!over_) end_reign(Error(ErrorCode::kClosed, "the writer was closed"));
  co_return ok();
}

// --- Members ---

const MemberReplication* QuorumWriter::find(Uuid disk) const {
  for (const auto& member : members_)
    if (member->member().disk == disk) return member.get();
  return nullptr;
}

std::vector<MemberView> QuorumWriter::members() const {
  std::vector<MemberView> views;
  for (const auto& member : members_)
    views.push_back({member->member(), member->acknowledged(), member->connected(), member->streaming(), member->problem()});
  return views;
}

Task<wire::Answer> QuorumWriter::change_members(wire::ChangeRequest request) {
  auto changed = co_await change(std::move(request));
  if (!changed) co_return wire::Answer(wire::Refusal::of(changed.error()));
  co_return wire::Answer(wire::Done{});
}

Task<Result<void>> QuorumWriter::change(wire::ChangeRequest request) {
  const Turns::Turn turn = co_await change_turns_.take();
  if (over_) co_return fail(*over_);
  CO_ASSIGN_OR_RETURN(Configuration next, apply(request));
  if (auto refused = objection(next, request.force)) co_return fail(*std::move(refused));
  co_return co_await frame_configuration(std::move(next));
}

Result<Configuration> QuorumWriter::apply(const wire::ChangeRequest& request) const {
  Configuration next = configuration_;
  if (const auto* add = std::get_if<wire::AddMember>(&request.change)) {
    for (const Member& member : next.members)
      if (member.disk == add->disk || member.address == add->address)
        return fail(ErrorCode::kExists, fmt::format("{} is a member already", member.address));
    next.members.push_back(Member{add->disk, add->address, MemberRole::kLearner});
    return next;
  }
  const Uuid disk = std::get<wire::RemoveMember>(request.change).disk;
  if (std::erase_if(next.members, [&](const Member& member) { return member.disk == disk; }) == 0)
    return fail(ErrorCode::kNotFound, fmt::format("no member has the disk {}", to_hex(disk)));
  return next;
}

// Voters of `configuration` that answer, are certain of their log, and are not far behind.
std::size_t QuorumWriter::live_voters(const Configuration& configuration) const {
  std::size_t live = 0;
  for (const Member& member : configuration.members) {
    const MemberReplication* replication = find(member.disk);
    if (member.role == MemberRole::kLearner || replication == nullptr || replication->lost()) continue;
    if (replication->streaming() && replication->certain() && replication->acknowledged().txid >= window_.base().txid) ++live;
  }
  return live;
}

std::optional<Error> QuorumWriter::objection(const Configuration& next, bool force) const {
  if (committed_.epoch != reign_.epoch || committed_.txid < configuration_.txid)
    return Error(ErrorCode::kBusy, "the change of members before is not committed yet: try again");
  const auto voters = std::ranges::count_if(next.members, [](const Member& m) { return m.role == MemberRole::kVoter; });
  if (voters == 0) return Error(ErrorCode::kRefused, "no voter would be left");
  if (!force && live_voters(next) < majority_of(next))
    return Error(ErrorCode::kRefused,
                 fmt::format("of the {} voters there would be only {} answer and keep up: no majority; bring them back first, or force it",
                             voters, live_voters(next)));
  return std::nullopt;
}

// It counts from the moment that it is framed, and is committed by its own majority.
Task<Result<void>> QuorumWriter::frame_configuration(Configuration next) {
  next.txid = TxId{kTxidMax};  // the longest
  const std::string longest = encode(next);
  if (must_roll(frame_space(transaction_space(longest.size())))) open_segment();
  next.txid = window_.end().txid.next();
  std::string body = encode(next);
  if (body.size() > kConfigurationBytesMax)
    co_return fail(ErrorCode::kTooLarge, fmt::format("a configuration of {} bytes; at most {}", body.size(), kConfigurationBytesMax));
  kj::Promise<Result<FramePtr>> framed = append_control(FrameKind::kConfiguration, std::move(body));
  ++members_changed_;
  adopt(std::move(next));
  auto frame = co_await kj::mv(framed);
  if (!frame) co_return fail(frame.error());
  co_return ok();
}

void QuorumWriter::adopt(Configuration next) {
  configuration_ = std::move(next);
  std::vector<kj::Own<MemberReplication>> staying;
  for (auto& member : members_) {
    const auto named = std::ranges::find_if(configuration_.members, [&](const Member& m) { return m.disk == member->member().disk; });
    if (named == configuration_.members.end()) {
      member->set_role(MemberRole::kLearner);  // its promises are nobody's business any more
      tasks_.add(let_go(kj::mv(member)));
      continue;
    }
    member->set_role(named->role);
    staying.push_back(kj::mv(member));
  }
  members_ = kj::mv(staying);
  for (const Member& member : configuration_.members) {
    if (find(member.disk) != nullptr) continue;
    members_.push_back(kj::heap<MemberReplication>(seams_, static_cast<ReplicatedLog&>(*this), member, options_.replication));
    members_.back()->start();
  }
}

// A removed member is told: it takes part until it knows the record to be committed.
Task<void> QuorumWriter::let_go(kj::Own<MemberReplication> member) {
  const TxId record = configuration_.txid;
  const auto until = seams_.clock.now() + kFarewell;
  while (!over_ && seams_.clock.now() < until && (committed_.txid < record || !member->level())) {
    member->wake();
    co_await seams_.clock.after(std::chrono::milliseconds(5));
  }
}

// One round after the other: a learner is level when it has what was committed when its round began.
void QuorumWriter::promote_if_caught_up() {
  if (over_ || promoting_ || committed_.epoch != reign_.epoch || committed_.txid < configuration_.txid) return;
  for (const auto& member : members_) {
    if (member->member().role != MemberRole::kLearner || !member->streaming()) continue;
    const Uuid disk = member->member().disk;
    if (!round_ || round_->disk != disk) {
      if (round_ && find(round_->disk) != nullptr) continue;  // one at a time
      round_ = Round{disk, committed_.txid};
    }
    if (member->acknowledged().txid < round_->target) continue;
    promoting_ = true;
    tasks_.add(promote(disk));
    return;
  }
}

Task<void> QuorumWriter::promote(Uuid disk) {
  const Turns::Turn turn = co_await change_turns_.take();
  Configuration next = configuration_;
  bool found = false;
  for (Member& member : next.members) {
    if (member.disk != disk || member.role != MemberRole::kLearner) continue;
    member.role = MemberRole::kVoter;
    found = true;
  }
  round_.reset();
  if (found && !over_ && !objection(next, false)) {
    auto promoted = co_await frame_configuration(std::move(next));
    if (promoted) seams_.log(LogLevel::kInfo, fmt::format("journal {}: a learner has caught up and votes", reign_.journal.name));
  }
  promoting_ = false;
}

void QuorumWriter::check_invariants() const {
  CHECK(window_.base().txid <= committed_.txid && committed_.txid <= window_.end().txid, committed_.txid.value);
  for (const auto& member : members_) CHECK(member->acknowledged().txid <= window_.end().txid, member->acknowledged().txid.value);
}

}  // namespace varve
