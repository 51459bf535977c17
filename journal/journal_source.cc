#include "journal/journal_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "journal/history_reader.h"
#include "journal/quorum_survey.h"

namespace varve {
namespace {

class DirectorySource final : public JournalSource {
 public:
  explicit DirectorySource(kj::Own<LocalLog> log) : log_(kj::mv(log)) {}
  ~DirectorySource() noexcept(false) override {}

  Uuid namespace_id() const override { return log_->namespace_id(); }
  std::uint64_t lineage() const override { return log_->lineage(); }
  const LogStart& start() const override { return log_->start(); }
  LogPosition end() const override { return log_->end(); }
  TxId highest_txid() const override { return log_->end().txid; }
  Epoch highest_epoch() const override { return std::max(log_->promised(), log_->end().epoch); }
  kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) override { return do_read_after(after); }
  std::optional<Error> lost() const override { return log_->failure(); }
  LocalLog* log() override { return log_.get(); }

 private:
  Task<Result<kj::Own<LogReader>>> do_read_after(LogPosition after) {
    CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await log_->read(after.txid.next()));
    co_return kj::Own<LogReader>(kj::heap<HistoryReader>(kj::mv(reader), after));
  }

  kj::Own<LocalLog> log_;
};

class QuorumSource final : public JournalSource {
 public:
  QuorumSource(kj::Own<QuorumJournal> journal, LogStart start, const QuorumFindings& findings)
      : journal_(kj::mv(journal)), start_(std::move(start)), committed_(findings.committed) {
    for (const NodeFinding& node : findings.nodes) {
      if (!node.state) continue;
      highest_ = std::max(highest_, node.state->promised);
      highest_txid_ = std::max(highest_txid_, node.state->end().txid);
    }
    journal_->note_committed(committed_.txid);
  }
  ~QuorumSource() noexcept(false) override {}

  // Everything that was acknowledged is committed from then on.
  Task<Result<void>> reign(ReignFor reign) {
    CO_ASSIGN_OR_RETURN(writer_, co_await journal_->become_writer(std::move(reign.name), std::move(reign.host), SchemaInfo()));
    committed_ = writer_->committed();
    highest_ = std::max(highest_, writer_->epoch());
    over_ = writer_->when_over().then([this](Error&& error) { lost_ = std::move(error); }).eagerlyEvaluate(nullptr);
    co_return ok();
  }

  Uuid namespace_id() const override { return journal_->namespace_id(); }
  std::uint64_t lineage() const override { return journal_->lineage(); }
  const LogStart& start() const override { return start_; }
  LogPosition end() const override { return committed_; }
  TxId highest_txid() const override { return std::max(highest_txid_, committed_.txid); }
  Epoch highest_epoch() const override { return std::max(highest_, committed_.epoch); }
  kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) override { return journal_->read_after(after); }
  std::optional<Error> lost() const override { return lost_; }
  LocalLog* log() override { return nullptr; }

 private:
  kj::Own<QuorumJournal> journal_;
  LogStart start_;
  LogPosition committed_;
  Epoch highest_;
  TxId highest_txid_;
  std::optional<Error> lost_;
  kj::Own<JournalWriter> writer_;
  kj::Promise<void> over_ = nullptr;  // destroyed first
};

// The oldest start among the copies: what one has purged another one may still hold.
const wire::CopyState* oldest_copy(const QuorumFindings& findings) {
  const wire::CopyState* oldest = nullptr;
  for (const NodeFinding& node : findings.nodes)
    if (node.state && (oldest == nullptr || node.state->start.position.txid < oldest->start.position.txid)) oldest = &*node.state;
  return oldest;
}

}  // namespace

Task<Result<kj::Own<JournalSource>>> open_directory_source(Seams seams, std::string path, LocalLogOptions options) {
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await seams.disk.open_directory(path));
  CO_ASSIGN_OR_RETURN(const bool formatted, co_await LocalLog::is_formatted(*directory));
  if (!formatted) co_return fail(ErrorCode::kNotFound, fmt::format("{} holds no journal", path));
  CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await LocalLog::open(seams, kj::mv(directory), options));
  // One copy: what is durable here is the history.
  log->set_committed(log->end());
  co_return kj::Own<JournalSource>(kj::heap<DirectorySource>(kj::mv(log)));
}

Task<Result<kj::Own<JournalSource>>> open_quorum_source(Seams seams, JournalUrl url, QuorumOptions options, std::optional<ReignFor> reign,
                                                        WorkWatcher& watcher) {
  const QuorumFindings findings = co_await survey_quorum(seams, url, options.candidacy.node_patience);
  std::vector<std::string> known = findings.addresses();
  if (!known.empty()) url.hosts = std::move(known);
  CO_ASSIGN_OR_RETURN(kj::Own<QuorumJournal> journal, co_await QuorumJournal::open(seams, std::move(url), options));
  const wire::CopyState* oldest = oldest_copy(findings);
  if (oldest == nullptr) co_return fail(ErrorCode::kIo, "no node that holds a copy answers");
  auto source = kj::heap<QuorumSource>(kj::mv(journal), oldest->start, findings);
  if (reign) {
    auto reigns = co_await source->reign(*std::move(reign));
    if (!reigns) co_return fail(reigns.error().within("fencing the source"));
    watcher.step(fmt::format("the source is fenced: epoch {} is taken, no older writer goes on; it ends at txid {}",
                             source->highest_epoch().value, source->end().txid.value));
  }
  co_return kj::Own<JournalSource>(kj::mv(source));
}

}  // namespace varve
