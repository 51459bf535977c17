// A journal on a quorum of journal nodes.
//
// Owns:      what is known of its members.
// Threads:   the event loop's.
// Errors:    what no majority answers fails with kIo and says who did not answer, and why.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "journal/candidacy.h"
#include "journal/journal.h"
#include "journal/journal_url.h"
#include "journal/quorum_writer.h"

namespace varve {

struct QuorumOptions {
  CandidacyOptions candidacy;
  QuorumWriterOptions writer;
  std::chrono::nanoseconds open_patience = std::chrono::seconds(10);  // until a majority has answered
  std::chrono::nanoseconds read_patience = std::chrono::seconds(5);   // nothing heard on a stream: ask another member
};

class QuorumJournal final : public Journal {
 public:
  // A majority of the members answers. Precondition: url is a quorum's.
  static Task<Result<kj::Own<QuorumJournal>>> open(Seams seams, JournalUrl url, QuorumOptions options);
  QuorumJournal(Seams seams, JournalIdentity identity, QuorumOptions options);
  ~QuorumJournal() noexcept(false) override;

  Uuid namespace_id() const override { return identity_.namespace_id; }
  std::uint64_t lineage() const override { return identity_.lineage; }
  JournalStatus status() const override;
  std::vector<SegmentInfo> segments() const override;
  LogPosition start() const override;
  const std::string& configuration() const override;

  kj::Promise<Result<kj::Own<JournalWriter>>> become_writer(std::string name, std::string host, SchemaInfo schema) override;
  kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) override;
  kj::Promise<Result<std::uint64_t>> purge(TxId upto) override { return do_purge(upto); }
  kj::Promise<Result<Outcome>> outcome(Ticket ticket) override { return do_outcome(ticket); }
  kj::Promise<Result<void>> close() override { return Result<void>(); }

  // --- For its readers ---
  Seams seams() const { return seams_; }
  const JournalIdentity& identity() const { return identity_; }
  const QuorumOptions& options() const { return options_; }
  // Every member that is known; the last that answered well first.
  std::vector<std::string> addresses() const;
  // The highest txid that is known to be committed.
  TxId known_committed() const;
  // Asks one of those that were ever named, each time another one, who the members are.
  Task<void> look_again();
  void note_committed(TxId txid) { known_committed_ = std::max(known_committed_, txid); }

  // The writer while it reigns.
  QuorumWriter* writer() const { return writer_; }

 private:
  class Writer;

  Task<Result<void>> survey(std::vector<std::string> addresses);
  Task<void> look_at(std::string address);
  void note(const std::string& address, const wire::CopyState& state);
  bool majority_seen() const;
  Task<Result<kj::Own<JournalWriter>>> do_become_writer(std::string name, std::string host, SchemaInfo schema);
  Task<Result<std::uint64_t>> do_purge(TxId upto);
  Task<Result<Outcome>> do_outcome(Ticket ticket);
  Task<Result<wire::Answer>> ask(std::string address, wire::Request request);

  Seams seams_;
  JournalIdentity identity_;
  QuorumOptions options_;
  std::map<std::string, wire::CopyState> seen_;
  std::map<std::string, std::string> problems_;  // by address; empty: it answered
  std::string looked_at_;                        // last, by look_again()
  TxId known_committed_;
  mutable std::string configuration_;  // brought up to the writer's when it is asked for
  mutable TxId configuration_txid_;
  QuorumWriter* writer_ = nullptr;
};

}  // namespace varve
