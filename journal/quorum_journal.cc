#include "journal/quorum_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/result.h"
#include "base/tasks.h"
#include "journal/commit_rule.h"
#include "journal/node_connection.h"
#include "journal/quorum_reader.h"

namespace varve {
namespace {

constexpr std::chrono::nanoseconds kRetry = std::chrono::milliseconds(50);

}  // namespace

// Tells the journal when its reign is over.
class QuorumJournal::Writer final : public JournalWriter {
 public:
  Writer(QuorumJournal& journal, kj::Own<QuorumWriter> writer) : journal_(journal), writer_(kj::mv(writer)) {
    journal_.writer_ = writer_.get();
  }
  ~Writer() noexcept(false) override {
    if (journal_.writer_ == writer_.get()) journal_.writer_ = nullptr;
  }

  Epoch epoch() const override { return writer_->epoch(); }
  LogPosition end() const override { return writer_->end(); }
  LogPosition committed() const override { return writer_->committed(); }
  kj::Promise<Result<FramePtr>> append(FrameBuilder&& transactions, RunOn where) override {
    return writer_->append(kj::mv(transactions), where);
  }
  kj::Promise<Error> when_over() override { return writer_->when_over(); }
  void roll() override { writer_->roll(); }
  kj::Promise<Result<void>> close() override { return writer_->close(); }

 private:
  QuorumJournal& journal_;
  kj::Own<QuorumWriter> writer_;
};

QuorumJournal::QuorumJournal(Seams seams, JournalIdentity identity, QuorumOptions options)
    : seams_(seams), identity_(std::move(identity)), options_(options) {}

QuorumJournal::~QuorumJournal() noexcept(false) {}

Task<Result<kj::Own<QuorumJournal>>> QuorumJournal::open(Seams seams, JournalUrl url, QuorumOptions options) {
  JournalIdentity identity;
  identity.name = url.name;
  auto journal = kj::heap<QuorumJournal>(seams, std::move(identity), options);
  CO_TRY(co_await journal->survey(std::move(url.hosts)));
  co_return kj::mv(journal);
}

// Asks all that are named, and whom they name, until a majority has answered.
Task<Result<void>> QuorumJournal::survey(std::vector<std::string> addresses) {
  const auto until = seams_.clock.now() + options_.open_patience;
  while (true) {
    for (const auto& [address, state] : seen_) addresses.push_back(address);
    for (const auto& [address, problem] : problems_) addresses.push_back(address);
    std::ranges::sort(addresses);
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    kj::Vector<kj::Promise<void>> looking;
    for (const std::string& address : addresses) looking.add(look_at(address));
    // All that answer quickly; those that hang are not waited for when a majority has answered.
    kj::Promise<void> all = kj::joinPromises(looking.releaseAsArray());
    while (true) {
      kj::Promise<bool> soon = seams_.clock.after(kRetry).then([] { return false; });
      auto forked = all.fork();
      const bool done = co_await forked.addBranch().then([] { return true; }).exclusiveJoin(kj::mv(soon));
      all = forked.addBranch();
      if (done || majority_seen() || seams_.clock.now() >= until) break;
    }
    for (const auto& [address, state] : seen_) {
      if (state.namespace_id == seen_.begin()->second.namespace_id && state.lineage == seen_.begin()->second.lineage) continue;
      co_return fail(ErrorCode::kForeign,
                     fmt::format("journal {}: {} is of namespace {} and {} of {}; check the addresses", identity_.name, address,
                                 to_hex(state.namespace_id), seen_.begin()->first, to_hex(seen_.begin()->second.namespace_id)));
    }
    if (majority_seen()) break;
    if (seams_.clock.now() >= until) {
      std::string text = fmt::format("journal {}: no majority of its members answers:", identity_.name);
      for (const auto& [address, problem] : problems_) text += fmt::format(" {}: {};", address, problem.empty() ? "well" : problem);
      co_return fail(ErrorCode::kIo, std::move(text));
    }
    co_await seams_.clock.after(kRetry);
  }
  identity_.namespace_id = seen_.begin()->second.namespace_id;
  identity_.lineage = seen_.begin()->second.lineage;
  co_return ok();
}

Task<void> QuorumJournal::look_at(std::string address) {
  wire::Open open;
  open.journal = identity_.name;
  auto connection = co_await NodeConnection::open(seams_, address, std::move(open), options_.read_patience);
  if (!connection) {
    problems_[address] = connection.error().text();
    co_return;
  }
  const auto* state = std::get_if<wire::CopyState>(&(*connection)->opened());
  if (state == nullptr) {
    problems_[address] = fmt::format("no journal {} there; format it first", identity_.name);
    co_return;
  }
  problems_[address].clear();
  note(address, *state);
}

Task<void> QuorumJournal::look_again() {
  if (problems_.empty()) co_return;
  auto next = problems_.upper_bound(looked_at_);
  if (next == problems_.end()) next = problems_.begin();
  looked_at_ = next->first;
  co_await look_at(looked_at_);
}

void QuorumJournal::note(const std::string& address, const wire::CopyState& state) {
  seen_[address] = state;
  known_committed_ = std::max(known_committed_, state.committed.txid);
  if (state.configuration.txid >= configuration_txid_ || configuration_.empty()) {
    configuration_ = state.configuration.bytes;
    configuration_txid_ = state.configuration.txid;
  }
  if (const auto configuration = decode_configuration(as_bytes(state.configuration.bytes)))
    for (const Member& member : configuration->members) problems_.emplace(member.address, "no answer yet");
}

// Of a configuration that some member has: which one counts is for a candidate to find out.
bool QuorumJournal::majority_seen() const {
  return std::ranges::any_of(seen_, [this](const auto& seen) {
    const auto configuration = decode_configuration(as_bytes(seen.second.configuration.bytes));
    if (!configuration) return false;
    std::size_t answered = 0;
    for (const Member& member : configuration->members)
      if (member.role != MemberRole::kLearner && seen_.contains(member.address)) ++answered;
    return answered >= majority_of(*configuration);
  });
}

std::vector<std::string> QuorumJournal::addresses() const {
  std::vector<std::string> all;
  if (writer_ != nullptr)
    for (const MemberView& view : writer_->members())
      if (view.streaming) all.push_back(view.member.address);
  if (const auto configuration = decode_configuration(as_bytes(this->configuration())))
    for (const Member& member : configuration->members)
      if (member.role != MemberRole::kWitness && std::ranges::find(all, member.address) == all.end()) all.push_back(member.address);
  if (all.empty())
    for (const auto& [address, problem] : problems_) all.push_back(address);
  // Those first that know most to be committed: what they do not know they do not give.
  const auto known = [this](const std::string& address) {
    const auto seen = seen_.find(address);
    return seen == seen_.end() ? TxId{0} : seen->second.committed.txid;
  };
  if (writer_ == nullptr) std::ranges::stable_sort(all, std::ranges::greater(), known);
  return all;
}

TxId QuorumJournal::known_committed() const {
  return writer_ == nullptr ? known_committed_ : std::max(known_committed_, writer_->committed().txid);
}

JournalStatus QuorumJournal::status() const {
  JournalStatus status;
  status.first = start().txid.next();
  status.last = known_committed();
  // What is known to be durable somewhere: `committed` is a hint that lags behind it.
  if (writer_ == nullptr)
    for (const auto& [address, state] : seen_) status.last = std::max(status.last, state.end().txid);
  const std::vector<SegmentInfo> segments = this->segments();
  status.segments = segments.size();
  for (const SegmentInfo& segment : segments) status.bytes += segment.bytes;
  return status;
}

std::vector<SegmentInfo> QuorumJournal::segments() const {
  return writer_ == nullptr ? std::vector<SegmentInfo>() : writer_->segments();
}

LogPosition QuorumJournal::start() const {
  // Of those that go up to what is committed: one that was away begins lower, but does not reach the others' beginning.
  TxId committed{0};
  for (const auto& [address, state] : seen_) committed = std::max(committed, state.committed.txid);
  std::optional<LogPosition> lowest;
  for (const auto& [address, state] : seen_) {
    if (state.end().txid < committed) continue;
    if (!lowest || state.start.position.txid < lowest->txid) lowest = state.start.position;
  }
  return lowest.value_or(LogPosition{});
}

const std::string& QuorumJournal::configuration() const {
  if (writer_ != nullptr && writer_->configuration().txid > configuration_txid_) {
    configuration_ = encode(writer_->configuration());
    configuration_txid_ = writer_->configuration().txid;
  }
  return configuration_;
}

kj::Promise<Result<kj::Own<JournalWriter>>> QuorumJournal::become_writer(std::string name, std::string host, SchemaInfo schema) {
  return do_become_writer(std::move(name), std::move(host), std::move(schema));
}

Task<Result<kj::Own<JournalWriter>>> QuorumJournal::do_become_writer(std::string name, std::string host, SchemaInfo schema) {
  Candidate candidate;
  candidate.journal = identity_;
  candidate.addresses = addresses();
  candidate.name = std::move(name);
  candidate.host = std::move(host);
  candidate.schema = std::move(schema);
  CO_ASSIGN_OR_RETURN(Reign reign, co_await win_reign(seams_, std::move(candidate), options_.candidacy));
  auto writer = kj::heap<QuorumWriter>(seams_, std::move(reign), options_.writer);
  CO_TRY(co_await writer->begin());
  co_return kj::Own<JournalWriter>(kj::heap<Writer>(*this, kj::mv(writer)));
}

kj::Promise<Result<kj::Own<LogReader>>> QuorumJournal::read_after(LogPosition after) {
  return Result<kj::Own<LogReader>>(kj::heap<QuorumReader>(*this, after));
}

Task<Result<wire::Answer>> QuorumJournal::ask(std::string address, wire::Request request) {
  wire::Open open;
  open.journal = identity_.name;
  open.namespace_id = identity_.namespace_id;
  open.lineage = identity_.lineage;
  CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection,
                      co_await NodeConnection::open(seams_, std::move(address), std::move(open), options_.read_patience));
  co_return co_await connection->ask(std::move(request));
}

// A member that does not answer keeps more than it must; the next purge reaches it.
Task<Result<std::uint64_t>> QuorumJournal::do_purge(TxId upto) {
  if (writer_ == nullptr) co_return fail(ErrorCode::kClosed, "purging: only the writer purges");
  wire::PurgeRequest request;
  request.epoch = writer_->epoch();
  request.writer = writer_->writer_id();
  request.upto = upto;
  for (const std::string& address : addresses()) {
    auto purged = co_await ask(address, request);
    if (!purged) seams_.log(LogLevel::kWarning, fmt::format("purging up to txid {}: {}", upto.value, purged.error().text()));
  }
  co_return std::uint64_t{0};
}

// The first member that knows.
Task<Result<Outcome>> QuorumJournal::do_outcome(Ticket ticket) {
  std::optional<Error> error;
  for (const std::string& address : addresses()) {
    wire::OutcomeRequest request;
    request.ticket = ticket;
    auto answer = co_await ask(address, request);
    if (!answer) {
      error = answer.error();
      continue;
    }
    const auto* text = std::get_if<std::string>(&*answer);
    if (text != nullptr && *text == "committed") co_return Outcome::kCommitted;
    if (text != nullptr && *text == "never") co_return Outcome::kNever;
    error.reset();
  }
  if (error) co_return fail(*error);
  co_return Outcome::kUnknownYet;
}

}  // namespace varve
