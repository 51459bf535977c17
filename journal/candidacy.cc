#include "journal/candidacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/deadline.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/tasks.h"
#include "journal/commit_rule.h"
#include "journal/log_choice.h"
#include "journal/node_connection.h"

namespace varve {
namespace {

constexpr std::uint64_t kEpochsApart = 1024;

// One attempt: an epoch above every one seen, and the conversations with all members about it.
class Attempt {
 public:
  Attempt(Seams seams, const Candidate& candidate, const CandidacyOptions& options, Epoch above)
      : seams_(seams), candidate_(candidate), options_(options), above_(above), writer_(seams.random.uuid()) {}

  // kFenced: a promise above this attempt's epoch made a majority impossible; highest_promised() says how high.
  Task<Result<Reign>> run(std::chrono::nanoseconds until) {
    for (const std::string& address : candidate_.addresses) talk_to(address);
    while (true) {
      if (!epoch_) choose_epoch();
      if (epoch_) {
        CO_ASSIGN_OR_RETURN(const std::optional<LogChoice> choice, choose_log(promised_));
        if (choice) {
          auto reign = co_await take_over(*choice);
          if (reign) co_return kj::mv(reign);
          promised_[choice->best].left_out = true;  // its frames could not be had
          problems_[promised_[choice->best].address] = reign.error().text();
          continue;
        }
        if (fenced_out())
          co_return fail(ErrorCode::kFenced, fmt::format("epoch {} is promised to another candidate", highest_promised_.value));
      }
      const auto now = seams_.clock.now();
      if (now >= until) co_return fail(ErrorCode::kIo, no_majority());
      co_await changed(until - now);
    }
  }

  Epoch highest_promised() const { return highest_promised_; }

 private:
  void talk_to(const std::string& address) {
    if (problems_.contains(address)) return;
    problems_[address] = "no answer yet";
    tasks_.add(converse(address));
  }

  // Until it has promised, or refused.
  Task<void> converse(std::string address) {
    while (true) {
      auto said = co_await ask(address);
      if (said) co_return;
      problems_[address] = said.error().text();
      signal();
      co_await seams_.clock.after(options_.retry);
    }
  }

  // True when it has promised or refused.
  Task<Result<void>> ask(std::string address) {
    wire::Open open;
    open.journal = candidate_.journal.name;
    open.namespace_id = candidate_.journal.namespace_id;
    open.lineage = candidate_.journal.lineage;
    CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection,
                        co_await NodeConnection::open(seams_, address, std::move(open), options_.node_patience));
    const auto* state = std::get_if<wire::CopyState>(&connection->opened());
    if (state == nullptr) co_return fail(ErrorCode::kNotFound, fmt::format("{} has no journal {}", address, candidate_.journal.name));
    note(address, *state);
    while (!epoch_) co_await changed(options_.node_patience);
    wire::PromiseRequest request;
    request.epoch = *epoch_;
    request.writer = writer_;
    CO_ASSIGN_OR_RETURN(const wire::Answer answer, co_await connection->ask_for_answer(wire::Request(request)));
    if (const auto* refused = std::get_if<wire::Refusal>(&answer)) {
      problems_[address] = refused->text;
      highest_promised_ = std::max(highest_promised_, refused->promised);
      if (refused->code == ErrorCode::kFenced) refused_.push_back(state->disk);
      if (refused->code != ErrorCode::kFenced && refused->code != ErrorCode::kRefused) co_return fail(refused->error());
    } else if (const auto* granted = std::get_if<wire::CopyState>(&answer)) {
      note(address, *granted);
      problems_[address].clear();
      PromiseAnswer promised;
      promised.address = address;
      promised.state = *granted;
      promised_.push_back(std::move(promised));
    }
    signal();
    co_return ok();
  }

  void note(const std::string& address, const wire::CopyState& state) {
    seen_[address] = state;
    highest_promised_ = std::max({highest_promised_, state.promised, state.end().epoch});
    if (const auto configuration = decode_configuration(as_bytes(state.configuration.bytes)))
      for (const Member& member : configuration->members) talk_to(member.address);
    signal();
  }

  // Before anything is promised a majority must answer: a candidate that reaches too few takes no vote from anybody.
  void choose_epoch() {
    const wire::CopyState* best = nullptr;
    for (const auto& [address, state] : seen_)
      if (best == nullptr || state.end().epoch > best->end().epoch ||
          (state.end().epoch == best->end().epoch && state.end().txid > best->end().txid))
        best = &state;
    if (best == nullptr) return;
    const auto configuration = decode_configuration(as_bytes(best->configuration.bytes));
    if (!configuration) return;
    std::size_t answered = 0;
    for (const Member& member : configuration->members) {
      const auto seen = seen_.find(member.address);
      if (member.role != MemberRole::kLearner && seen != seen_.end() && seen->second.disk == member.disk) ++answered;
    }
    if (answered < majority_of(*configuration)) return;
    // Two candidates that stand at once must not meet in one epoch: a node that promised it to the loser would refuse the winner for a
    // reign.
    epoch_ = Epoch{std::max(highest_promised_, above_).value + 1 + seams_.random.below(kEpochsApart)};
    signal();
  }

  bool fenced_out() const {
    if (refused_.empty()) return false;
    // So many refused that the others are no majority of what is known of the voters.
    std::size_t voters = 0;
    std::size_t refused = 0;
    for (const auto& [address, state] : seen_) {
      ++voters;
      if (std::ranges::find(refused_, state.disk) != refused_.end()) ++refused;
    }
    return voters - refused < voters / 2 + 1;
  }

  Task<Result<Reign>> take_over(LogChoice choice) {
    const PromiseAnswer best = promised_[choice.best];
    const LogPosition end = best.state.end();
    Reign reign;
    reign.journal = candidate_.journal;
    reign.journal.namespace_id = best.state.namespace_id;
    reign.journal.lineage = best.state.lineage;
    reign.epoch = *epoch_;
    reign.writer = writer_;
    reign.name = candidate_.name;
    reign.host = candidate_.host;
    reign.schema = candidate_.schema;
    reign.configuration = choice.configuration;
    reign.base = choice.highest_committed;
    if (reign.base.txid < end.txid) {
      std::vector<LogPosition> after{reign.base};
      CO_ASSIGN_OR_RETURN(kj::Own<FrameStream> stream,
                          co_await FrameStream::open(seams_, best.address, reign.journal, std::move(after), end, options_.node_patience));
      while (stream->position().txid < end.txid) {
        CO_ASSIGN_OR_RETURN(const std::vector<FramePtr> frames, co_await stream->next());
        reign.tail.insert(reign.tail.end(), frames.begin(), frames.end());
      }
    }
    const Digest found = reign.tail.empty() ? reign.base.digest : reign.tail.back()->header().self;
    if (found != end.digest)
      co_return fail(ErrorCode::kDamaged, fmt::format("{} says that its log ends with {} at txid {}, found {}", best.address,
                                                      to_hex(end.digest), end.txid.value, to_hex(found)));
    CO_TRY(co_await list_segments(best.address, reign));
    co_return kj::mv(reign);
  }

  Task<Result<void>> list_segments(std::string address, Reign& reign) {
    wire::Open open;
    open.journal = reign.journal.name;
    open.namespace_id = reign.journal.namespace_id;
    open.lineage = reign.journal.lineage;
    CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection,
                        co_await NodeConnection::open(seams_, std::move(address), std::move(open), options_.node_patience));
    wire::Request request = wire::SegmentsRequest{};
    CO_ASSIGN_OR_RETURN(const wire::Answer answer, co_await connection->ask(std::move(request)));
    if (const auto* segments = std::get_if<std::vector<SegmentInfo>>(&answer)) reign.segments = *segments;
    co_return ok();
  }

  std::string no_majority() const {
    std::string text = fmt::format("journal {}: no majority of its members {}:", candidate_.journal.name,
                                   epoch_ ? fmt::format("promised epoch {}", epoch_->value) : "answered");
    for (const auto& [address, problem] : problems_)
      text += fmt::format(" {}: {};", address, problem.empty() ? standing(address) : problem);
    return text;
  }
  // Why a promise may not be enough.
  std::string standing(const std::string& address) const {
    const auto seen = seen_.find(address);
    if (seen == seen_.end()) return "well";
    const wire::CopyState& state = seen->second;
    if (!state.tail_certain)
      return fmt::format("promised, but where its log ended is not known, only that it reached txid {}", state.end().txid.value);
    if (state.holed) return fmt::format("promised, but frames below its end at txid {} are damaged", state.end().txid.value);
    return fmt::format("well, it ends at txid {} of epoch {}", state.end().txid.value, state.end().epoch.value);
  }

  void signal() {
    for (auto& waiting : waiting_) waiting->fulfill();
    waiting_.clear();
  }
  kj::Promise<void> changed(std::chrono::nanoseconds at_most) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting_.push_back(kj::mv(paf.fulfiller));
    return paf.promise.exclusiveJoin(seams_.clock.after(at_most));
  }

  Seams seams_;
  const Candidate& candidate_;
  const CandidacyOptions& options_;
  Epoch above_;
  Uuid writer_;
  std::optional<Epoch> epoch_;
  Epoch highest_promised_;
  std::map<std::string, wire::CopyState> seen_;
  std::map<std::string, std::string> problems_;  // by address; empty: well
  std::vector<PromiseAnswer> promised_;
  std::vector<Uuid> refused_;
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting_;
  Tasks tasks_;  // destroyed first
};

}  // namespace

Task<Result<Reign>> win_reign(Seams seams, Candidate candidate, CandidacyOptions options) {
  const auto until = seams.clock.now() + options.patience;
  Epoch above{0};
  for (unsigned attempt = 1;; ++attempt) {
    kj::Own<Attempt> current = kj::heap<Attempt>(seams, candidate, options, above);
    auto reign = co_await current->run(until);
    if (reign || reign.error().code() != ErrorCode::kFenced || attempt >= options.attempts) co_return kj::mv(reign);
    above = current->highest_promised();
    // Two candidates that go on at the same pace would fence each other for ever.
    const std::chrono::nanoseconds pause(seams.random.below(static_cast<std::uint64_t>(options.retry.count()) << attempt));
    co_await seams.clock.after(pause);
  }
}

}  // namespace varve
