// A writer of a quorum journal, to be killed: appends numbered transactions and writes down outside what it was promised.
//
//   cluster_writer format URL                     makes the journal on all its nodes
//   cluster_writer write URL RECORD [options]     becomes the writer, compares the log with the record, submits until told to stop
//   cluster_writer check URL RECORD [options]     the same with ten transactions; waits until all members are level
//   cluster_writer level URL                      waits until all members have what is committed now; a bystander
//
// Exit status: 0 all is well; 1 the log contradicts the record; 2 wrong usage; 3 the journal reported an error, which is printed.
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "base/real/real_seams.h"
#include "base/result.h"
#include "journal/quorum_format.h"
#include "journal/quorum_journal.h"
#include "tests/process/member_levels.h"
#include "tests/process/number_set_machine.h"
#include "tests/process/number_submitter.h"
#include "tests/process/outside_record.h"
#include "tests/process/reconcile.h"

namespace varve {
namespace {

constexpr std::chrono::nanoseconds kLevelPatience = std::chrono::seconds(20);
constexpr std::chrono::nanoseconds kOutcomePatience = std::chrono::seconds(20);
constexpr std::chrono::nanoseconds kFormatPatience = std::chrono::seconds(5);

struct Arguments {
  std::string mode;
  std::string url;
  std::string record;
  NumberLoad load;
  bool resolve = false;  // a reign that is over is no failure of its own: ask what became of what was under way
  QuorumOptions quorum;
};

[[noreturn]] void usage(const std::string& wrong) {
  fmt::print(stderr,
             "cluster_writer: {}\nusage: cluster_writer format|level URL, cluster_writer write|check URL RECORD [--count N] [--in-flight "
             "N] [--interval-us N] "
             "[--segment-bytes N] [--retained-bytes N] [--commit-patience-ms N] [--resolve]\n",
             wrong);
  std::exit(2);
}

void read_options(Arguments& a, int argc, char** argv) {
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : (usage(word + " wants a number"), 0); };
    if (word == "--count")
      a.load.count = number();
    else if (word == "--in-flight")
      a.load.in_flight = number();
    else if (word == "--interval-us")
      a.load.interval = std::chrono::microseconds(number());
    else if (word == "--segment-bytes")
      a.quorum.writer.segment_bytes = number();
    else if (word == "--retained-bytes")
      a.quorum.writer.retained_bytes = number();
    else if (word == "--commit-patience-ms")
      a.quorum.writer.commit_patience = std::chrono::milliseconds(number());
    else if (word == "--resolve")
      a.resolve = true;
    else
      usage(word);
  }
}

Arguments parse(int argc, char** argv) {
  Arguments a;
  if (argc < 3) usage("a mode and a URL are needed");
  a.mode = argv[1];
  a.url = argv[2];
  const bool writes = a.mode == "write" || a.mode == "check";
  if (!writes && a.mode != "format" && a.mode != "level") usage(a.mode);
  if (writes != (argc > 3)) usage(writes ? "the record's path is needed" : argv[3]);
  if (a.mode == "check") a.load.count = 10;
  a.quorum.writer.segment_bytes = 256u << 10;
  a.quorum.writer.replication.retry_max = std::chrono::milliseconds(100);
  a.quorum.writer.replication.patience = std::chrono::seconds(1);
  if (writes) a.record = argv[3];
  read_options(a, argc, argv);
  return a;
}

int failed(const Error& error) {
  fmt::print("failed ({}): {}\n", to_string(error.code()), error.text());
  std::fflush(stdout);
  return 3;
}

int wrong(const std::string& what) {
  fmt::print("wrong: {}\n", what);
  return 1;
}

// Every committed transaction from the log's start goes to `machine`.
Task<Result<void>> replay(QuorumJournal& journal, NumberSetMachine& machine) {
  CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await journal.read_after(journal.start()));
  TxId last = journal.start().txid;
  while (true) {
    CO_ASSIGN_OR_RETURN(const std::vector<FrameView> frames, co_await reader->next());
    if (frames.empty()) break;
    for (const FrameView& frame : frames) {
      if (frame.header->first() != last.next())
        co_return fail(ErrorCode::kDamaged,
                       fmt::format("behind txid {} the log goes on with txid {}", last.value, frame.header->first().value));
      last = frame.header->last();
      if (frame.header->frame_kind() != FrameKind::kData) continue;
      for (TransactionCursor cursor = frame.transactions(); cursor.next();) machine.apply(cursor.txid(), cursor.bytes());
    }
  }
  if (last != journal.known_committed())
    co_return fail(ErrorCode::kDamaged,
                   fmt::format("the log was read up to txid {}, committed is {}", last.value, journal.known_committed().value));
  co_return ok();
}

class ClusterWriter {
 public:
  ClusterWriter(Seams seams, Arguments arguments, JournalUrl url) : seams_(seams), arguments_(std::move(arguments)), url_(std::move(url)) {}

  Task<int> run() {
    if (arguments_.mode == "format") {
      auto formatted = co_await format_quorum(seams_, url_, {}, kFormatPatience);
      co_return formatted ? 0 : failed(formatted.error());
    }
    if (arguments_.mode == "level") {
      const TxId committed = co_await highest_committed(seams_, url_);
      auto level = co_await wait_until_level(seams_, url_, committed, kLevelPatience);
      co_return level ? 0 : failed(level.error());
    }
    co_return co_await write();
  }

 private:
  Task<int> write() {
    auto begun = co_await begin();
    if (!begun) co_return failed(begun.error());
    const std::string contradiction = reconcile(machine_, *record_);
    if (!contradiction.empty()) co_return wrong(contradiction);
    fmt::print("open: epoch {}, {} transactions\n", writer_->epoch().value, machine_.count());
    std::fflush(stdout);
    record_->started();
    NumberSubmitter submitter(seams_, *writer_, *record_, arguments_.load);
    auto submitted = co_await submitter.run();
    if (!submitted) co_return co_await ended(submitter, submitted.error());
    auto finished = co_await finish();
    if (!finished) co_return failed(finished.error());
    fmt::print("done: {} acknowledged\n", record_->acknowledged());
    co_return 0;
  }

  Task<Result<void>> begin() {
    auto record = OutsideRecord::open(arguments_.record);
    if (!record) co_return fail(record.error());
    record_ = std::move(*record);
    CO_ASSIGN_OR_RETURN(journal_, co_await QuorumJournal::open(seams_, url_, arguments_.quorum));
    SchemaInfo schema = machine_.schema();
    CO_ASSIGN_OR_RETURN(writer_, co_await journal_->become_writer("cluster_writer", "here", std::move(schema)));
    CO_TRY(co_await replay(*journal_, machine_));
    co_return ok();
  }

  // The reign is over.
  Task<int> ended(NumberSubmitter& submitter, Error error) {
    const int status = failed(error);
    if (arguments_.resolve) {
      auto resolved = co_await submitter.resolve(*journal_, kOutcomePatience);
      if (!resolved) co_return failed(resolved.error());
      fmt::print("resolved: {} frames\n", submitter.unknown());
    }
    if (!submitter.contradiction().empty()) co_return wrong(submitter.contradiction());
    co_return status;
  }

  Task<Result<void>> finish() {
    if (arguments_.mode == "check") CO_TRY(co_await wait_until_level(seams_, url_, writer_->end().txid, kLevelPatience));
    co_return co_await writer_->close();
  }

  Seams seams_;
  const Arguments arguments_;
  const JournalUrl url_;
  NumberSetMachine machine_;
  std::unique_ptr<OutsideRecord> record_;
  kj::Own<QuorumJournal> journal_;
  kj::Own<JournalWriter> writer_;
};

int run(const Arguments& arguments) {
  auto url = parse_journal_url(arguments.url);
  if (!url) return failed(url.error());
  RealSeamsOptions options;
  options.worker_threads = 1;
  options.disk_threads = 1;
  options.log = [](LogLevel level, std::string_view line) {
    if (level >= LogLevel::kWarning) fmt::print("{}: {}\n", level == LogLevel::kError ? "error" : "warning", line);
    std::fflush(stdout);
  };
  RealSeams real(options);
  ClusterWriter writer(real.seams(), arguments, *url);
  return real.mailbox().run_until(kj::Promise<int>(writer.run()));
}

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
  return varve::run(varve::parse(argc, argv));
}
