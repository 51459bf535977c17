#include "tools/demo/sequence.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/result.h"
#include "rm/trace.h"
#include "rm/trace_generator.h"
#include "rm/trace_replay.h"

namespace varve {
namespace {

constexpr std::size_t kGeneratedTasks = 8000;  // as many as a round of the production trace has

Result<std::vector<TraceTask>> read_trace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return fail(ErrorCode::kNotFound, fmt::format("reading the trace {}: {}", path, std::strerror(errno)));
  return parse_trace(text.str(), path);
}

}  // namespace

Result<Sequence> Sequence::open(const std::string& trace, std::uint64_t transactions, std::uint64_t seed) {
  std::vector<TraceTask> tasks;
  if (trace.empty()) {
    tasks = generate_trace(kGeneratedTasks, seed);
  } else {
    ASSIGN_OR_RETURN(tasks, read_trace(trace));
    if (tasks.empty()) return fail(ErrorCode::kInvalidArgument, fmt::format("the trace {} has no tasks", trace));
  }
  return Sequence(std::make_unique<TraceReplay>(std::move(tasks), TraceReplayOptions{}), transactions);
}

Sequence::Sequence(std::unique_ptr<TraceReplay> replay, std::uint64_t transactions)
    : replay_(std::move(replay)), transactions_(transactions) {}
Sequence::Sequence(Sequence&&) noexcept = default;
Sequence::~Sequence() = default;

std::optional<rm::Transaction> Sequence::next() {
  if (position_ == transactions_) return std::nullopt;
  return replay_->transaction(position_++);
}

}  // namespace varve
