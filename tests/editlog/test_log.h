// What tests of the local log share: its start, its options, and the work on it as tasks.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/sim/sim_world.h"
#include "editlog/local_log.h"
#include "tests/editlog/frame_source.h"

namespace varve {

inline const std::string kLogPath = "/log";

inline SlotState new_log_state() {
  SlotState state;
  state.namespace_id = kTestNamespace;
  state.lineage = 3;
  state.disk_id = Uuid{5, 6};
  state.start.configuration = encode(Configuration{});
  state.start.position.digest = digest_of_new_start(state.namespace_id, state.lineage, state.start.configuration);
  state.mark = state.start.position;
  return state;
}

inline LocalLogOptions small_log(std::uint64_t reserve_bytes = 0) {
  return {.segment_bytes = 16u << 10, .disk_reserve_bytes = reserve_bytes, .mark_delay = std::chrono::milliseconds(1000)};
}

inline Task<Result<void>> format_test_log(SimWorld& world) {
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await world.disk().create_directory(kLogPath));
  co_return co_await LocalLog::format(world.seams(), *directory, new_log_state());
}

inline Task<Result<kj::Own<LocalLog>>> open_test_log(SimWorld& world, LocalLogOptions options) {
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await world.disk().open_directory(kLogPath));
  co_return co_await LocalLog::open(world.seams(), kj::mv(directory), options);
}

// A frame in one line: its txids, and a digest of all its bytes.
inline std::string line_of(const FrameHeader& header, Bytes frame) {
  return fmt::format("{}..{} {}", header.first_txid, header.last().value, to_hex(digest_of(frame)));
}
inline std::string line_of(const FramePtr& frame) {
  return line_of(frame->header(), frame->bytes());
}

// Every frame from `from` on that may be seen, each in one line.
inline Task<Result<std::vector<std::string>>> read_frames(LocalLog& log, TxId from) {
  std::vector<std::string> frames;
  CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await log.read(from));
  while (true) {
    CO_ASSIGN_OR_RETURN(const auto views, co_await reader->next());
    if (views.empty()) break;
    for (const FrameView& view : views) frames.push_back(line_of(*view.header, view.bytes()));
  }
  co_return frames;
}

}  // namespace varve
