// Keeps a StateMachine alive: transactions go to the edit log, the log is merged into images, both survive crashes.
//
//   MyState state;
//   auto engine = varve::Engine::open(options, state);
//   if (!engine) { ... engine.error().text() ... }
//   (*engine)->submit(bytes, [](varve::Result<varve::Committed> done) { ... });
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "varve/error.h"
#include "varve/log_sink.h"
#include "varve/state_machine.h"
#include "varve/tls_files.h"
#include "varve/types.h"

namespace varve {

struct Options {
  // Where the log lives: "file:///var/lib/rm/journal" (a local directory; created when its parent exists), or
  // "quorum://h1:8485,h2:8485,h3:8485/rm1" (journal nodes that were formatted for it; any member that answers names the others).
  std::string journal;
  // Where the images live, an absolute path; empty: the directory "images" beside a file: journal. A quorum's must be named.
  std::string image_directory;
  // Name written into EpochStart, for people; empty: the host's name.
  std::string writer_name;
  // To journal nodes that ask for certificates. The quorum's hosts must then be names, which the nodes' certificates bear.
  TlsFiles tls;

  // A quorum: how long open() looks for a majority of its nodes, and then for one that takes it for the writer, before it fails.
  std::chrono::milliseconds quorum_patience{10'000};  // 100 ms .. 1 h

  // Log. The last three are those of each journal node itself when the log is on a quorum.
  std::uint64_t transaction_bytes_max = 64ull << 20;                    // 0 .. 1 GiB
  std::uint32_t frame_bytes_max = 1u << 20;                             // 4 KiB .. 16 MiB; a larger transaction is alone in its frame
  std::uint64_t segment_bytes_max = 64ull << 20;                        // roll at; 64 KiB .. 16 GiB; also what is preallocated
  std::uint64_t segment_transactions_max = 1'000'000;                   // roll at
  std::chrono::milliseconds segment_age_max{std::chrono::minutes(60)};  // roll at, when not empty; 0: never
  std::uint64_t queue_bytes_max = 8ull << 20;      // submitted and not yet durable; submit() blocks or refuses above it
  std::chrono::milliseconds mark_delay{1000};      // an idle log's end is marked as durable after this
  std::uint64_t disk_reserve_bytes = 64ull << 20;  // appends are refused when less is free; closing, sealing, recovery use it
  bool direct_io = true;                           // a local log is written past the page cache where the file system can

  // Checkpoints: whichever comes first since the last successful one; 0 switches a trigger off.
  std::uint64_t checkpoint_transactions = 1'000'000;
  std::uint64_t checkpoint_log_bytes = 512ull << 20;
  std::chrono::milliseconds checkpoint_interval{std::chrono::hours(1)};
  std::uint32_t images_kept = 2;                      // 1 .. 100
  std::uint64_t extra_transactions_kept = 1'000'000;  // log kept below the oldest kept image ...
  std::uint32_t extra_segments_kept = 1000;           // ... capped by segments ...
  std::uint64_t extra_bytes_kept = 4ull << 30;        // ... and by bytes
  std::size_t image_chunk_bytes = 1u << 20;           // 4 KiB .. 64 MiB
  std::uint32_t image_threads = 0;                    // 0: one per core

  LogSink log;  // empty: nothing is logged
};

// A transaction that is durable and applied.
struct Committed {
  TxId txid;
  Reply reply;
};

enum class Outcome : std::uint8_t { kCommitted, kNever, kUnknownYet };

struct Status {
  enum class Role : std::uint8_t { kActive, kFailed, kClosed };
  Role role = Role::kActive;
  std::string failure;       // why role is kFailed
  Epoch epoch;               // of this writer
  TxId last_submitted;       // framed
  TxId committed;            // durable
  TxId applied;              // by the state machine
  TxId first_in_log;         // the oldest transaction still in the log
  std::uint64_t frames = 0;  // framed by this engine since it was opened; transactions / frames is the batch size
  std::uint64_t frame_transactions = 0;
  std::uint64_t frame_bytes = 0;
  std::uint64_t segments = 0;   // on disk
  std::uint64_t log_bytes = 0;  // on disk
  std::uint64_t queue_bytes = 0;

  struct Checkpoint {
    bool running = false;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::string last_error;  // empty after a success
    TxId last_txid;          // newest image
    std::uint64_t last_bytes = 0;
    std::chrono::milliseconds last_duration{0};
    std::uint64_t transactions_since = 0;
  } checkpoint;

  struct Recovery {
    TxId image_txid;                       // loaded, 0: none
    std::uint64_t replayed = 0;            // transactions read from the log
    std::uint64_t torn_bytes_cut = 0;      // of unacknowledged transactions
    std::uint64_t images_passed_over = 0;  // newer but damaged
    std::chrono::microseconds duration{0};
  } recovery;
};

class Engine {
 public:
  using Completion = std::function<void(Result<Committed>)>;

  // Recovers the state into `machine` (newest good image, then the log), becomes the writer and returns when transactions can be
  // submitted. A missing local journal is created. `machine` must outlive the engine and belongs to its thread until close().
  // When it fails, nothing is lost, and nothing on disk has changed but what recovery itself does (docs/recovery.md).
  static Result<std::unique_ptr<Engine>> open(Options options, StateMachine& machine);

  // Closes if the user has not; waits for what was submitted.
  virtual ~Engine() = default;

  // Appends one atomic transaction. Any thread. Copies `transaction` before it returns; `done` is called exactly once, on the
  // thread "varve-loop", after the transaction is durable and applied, or with the error. Completions come in txid order.
  // Blocks while queue_bytes_max is reached (never on the "varve-loop" thread itself, where the bound is passed instead).
  // Errors: kTooLarge (only this one), kClosed, kNoSpace, kFenced, kOutcomeUnknown (then ask outcome()), kIo.
  virtual void submit(Bytes transaction, Completion done) = 0;
  virtual std::future<Result<Committed>> submit(Bytes transaction) = 0;
  // As submit, but returns false at once, without calling `done`, where submit would block.
  virtual bool try_submit(Bytes transaction, Completion done) = 0;

  // What became of a transaction whose submission failed as unknown, once this engine (a later one) has become the writer.
  // Any thread but "varve-loop". kUnknownYet: ask a later writer, or its frame is purged.
  virtual Result<Outcome> outcome(const Ticket& ticket) const = 0;

  // Runs `read` on the "varve-loop" thread between two transactions and waits for it: a consistent look at the state machine.
  // Any thread but that one.
  virtual void inspect(const std::function<void()>& read) = 0;

  // Writes an image of the state as of now and waits for it; its txid, or the error. Any thread but "varve-loop". Joins one that runs.
  virtual Result<TxId> checkpoint() = 0;

  virtual Status status() const = 0;  // any thread

  // Reads the files of Options::tls again, for connections from now on; on failure all stays as it was. Any thread but "varve-loop".
  virtual Result<void> reload_certificates() = 0;

  // Refuses new submissions, waits for the submitted ones, seals the log's end, releases the directory. Any thread but "varve-loop".
  virtual Result<void> close() = 0;
};

}  // namespace varve
