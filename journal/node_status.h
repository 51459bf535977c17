// What a journal node knows of itself: for its status page, its metrics and `varve journal status`. Plain values, copied out of the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "editlog/control.h"
#include "varve/types.h"

namespace varve {

// Of a duration that is measured again and again; microseconds.
struct LatencySummary {
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  // Over the last minute or so; 0 when nothing was measured in it.
  std::uint64_t p50_us = 0;
  std::uint64_t p90_us = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t max_us = 0;
};

struct JournalCopyStatus {
  std::string name;
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  Uuid disk;  // identity of this copy
  std::string directory;

  MemberRole role = MemberRole::kVoter;  // in the newest configuration of this copy's log
  bool member = false;                   // named there at all
  std::vector<Member> members;           // of the newest committed configuration

  Epoch promised;
  std::string writer;  // name of the writer whose appends are taken, from its EpochStart; empty: unknown
  std::string writer_host;
  bool writer_connected = false;

  TxId first;       // oldest transaction in the log
  LogPosition end;  // last durable frame
  LogPosition committed;
  TxId writer_end;  // the writer's own end, as far as it told: end lags behind it by writer_end - end
  bool tail_certain = true;
  std::vector<std::string> damage;  // one line each
  std::string pulling_from;         // address of the member that missing segments come from; empty: none
  std::string failure;              // why the log takes nothing more; empty: it is well

  std::uint64_t segments = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t followers = 0;  // streams of committed frames to readers

  // Since the start of the process.
  std::uint64_t batches = 0;  // appends gathered into one sync
  std::uint64_t frames = 0;
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;
  std::uint64_t promises = 0;
  std::uint64_t refused_old_epoch = 0;
  std::uint64_t cuts = 0;
  std::uint64_t frames_cut = 0;
  std::uint64_t segments_pulled = 0;
  std::uint64_t segments_mended = 0;
  LatencySummary sync;                    // of a batch's write with its sync
  std::uint64_t last_append_wall_us = 0;  // microseconds since 1970; 0: none yet
};

struct NodeStatus {
  std::string version;
  std::string name;     // of the node, for people
  std::string address;  // host:port of the journal port
  std::string directory;
  std::uint64_t started_wall_us = 0;
  std::uint64_t now_wall_us = 0;
  Uuid boot;  // drawn at each start
  std::uint64_t disk_free_bytes = 0;
  std::uint64_t disk_reserve_bytes = 0;
  std::uint64_t memory_bytes = 0;  // resident
  std::uint64_t connections = 0;
  std::uint64_t refused_connections = 0;  // bad bytes, wrong certificates
  bool draining = false;
  std::vector<JournalCopyStatus> journals;  // by name
  std::vector<std::string> unopened;        // directories that hold a journal which cannot be opened, with the reason; one line each
};

// Why the node is not ready to take appends; empty: it is.
std::vector<std::string> reasons_not_ready(const NodeStatus& status);

}  // namespace varve
