#include "rm/trace_generator.h"

#include <fmt/format.h>

#include <array>
#include <span>

namespace varve {
namespace {

// SplitMix64: a sequence that is the same on every machine, unlike the standard library's distributions.
class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  // Of a distribution given by its quantiles at equal distances, straight between them.
  std::uint64_t from_quantiles(std::span<const std::uint64_t> quantiles) {
    constexpr std::uint64_t kSteps = 1024;
    const std::uint64_t place = below((quantiles.size() - 1) * kSteps);
    const std::uint64_t low = quantiles[place / kSteps];
    const std::uint64_t high = quantiles[place / kSteps + 1];
    return low + (high - low) * (place % kSteps) / kSteps;
  }

 private:
  std::uint64_t state_;
};

// All figures below are the production trace's.
using Phase = TraceTask::Phase;

struct Kind {
  std::uint64_t tasks;
  const char* qos;
  Phase phase;
};
constexpr Kind kKinds[] = {{3837, "LS", Phase::kRunning},      {1627, "BE", Phase::kFailed},       {1330, "BE", Phase::kRunning},
                           {454, "LS", Phase::kPending},       {441, "BE", Phase::kPending},       {203, "LS", Phase::kFailed},
                           {153, "LS", Phase::kSucceeded},     {40, "Burstable", Phase::kFailed},  {39, "Burstable", Phase::kSucceeded},
                           {19, "Burstable", Phase::kRunning}, {7, "Guaranteed", Phase::kRunning}, {2, "Burstable", Phase::kPending}};

struct Size {
  std::uint64_t tasks;
  std::uint64_t cpu_milli;
  std::uint64_t memory_mib;
  std::uint64_t gpus;
  std::uint64_t gpu_milli;
};
constexpr Size kSizes[] = {
    {1047, 3152, 5600, 1, 810},   {857, 11300, 49152, 1, 1000}, {534, 11400, 48128, 1, 1000}, {470, 3152, 5600, 1, 1000},
    {388, 11908, 47104, 1, 470},  {364, 12500, 57344, 0, 0},    {360, 8000, 30517, 1, 470},   {284, 32000, 49152, 0, 0},
    {255, 18708, 64512, 1, 1000}, {237, 11908, 47104, 1, 650},  {195, 9810, 41560, 1, 1000},  {163, 8000, 30517, 0, 0},
    {158, 12000, 24576, 1, 1000}, {158, 15700, 58368, 1, 1000}, {44, 64000, 262144, 8, 1000}, {15, 32000, 131072, 4, 1000}};

// Seconds from one creation to the next, by twentieths.
constexpr std::uint64_t kArrivals[] = {0, 1, 6, 18, 32, 45, 59, 79, 103, 130, 161, 197, 238, 287, 356, 437, 544, 694, 948, 1469, 20000};
// Seconds, by tenths.
constexpr std::uint64_t kWaiting[] = {0, 0, 0, 1, 1, 2, 3, 33, 36, 106, 14330};
constexpr std::array<std::array<std::uint64_t, 11>, 4> kLifetimes{{
    {1, 145, 219, 374, 594, 895, 1395, 2145, 3837, 10734, 400000},  // running
    {1, 57, 129, 168, 204, 243, 337, 633, 1010, 2388, 50000},       // failed
    {1, 21, 41, 56, 75, 94, 114, 142, 199, 342, 20000},             // pending
    {1, 70, 610, 3617, 3660, 3847, 4029, 4085, 4182, 4679, 20000},  // succeeded
}};

// One of `choices`, each as often as its `tasks` say.
template <typename T, std::size_t kCount>
const T& choose(Sequence& sequence, const T (&choices)[kCount]) {
  std::uint64_t sum = 0;
  for (const T& choice : choices) sum += choice.tasks;
  std::uint64_t place = sequence.below(sum);
  for (const T& choice : choices) {
    if (place < choice.tasks) return choice;
    place -= choice.tasks;
  }
  return choices[0];
}

}  // namespace

std::vector<TraceTask> generate_trace(std::size_t tasks, std::uint64_t seed) {
  Sequence sequence(seed);
  std::vector<TraceTask> trace;
  trace.reserve(tasks);
  std::uint64_t now = 0;
  for (std::size_t i = 0; i < tasks; i++) {
    const Kind& kind = choose(sequence, kKinds);
    const Size& size = choose(sequence, kSizes);
    TraceTask task{.name = fmt::format("task-{:05}", i),
                   .cpu_milli = size.cpu_milli,
                   .memory_mib = size.memory_mib,
                   .gpus = size.gpus,
                   .gpu_milli = size.gpu_milli,
                   .qos = kind.qos,
                   .phase = kind.phase,
                   .creation_time = now};
    task.deletion_time = now + sequence.from_quantiles(kLifetimes[static_cast<std::size_t>(kind.phase)]);
    if (kind.phase != Phase::kPending) {
      task.scheduled_time = now + sequence.from_quantiles(kWaiting);
      task.deletion_time = std::max(task.deletion_time, *task.scheduled_time);
    }
    trace.push_back(std::move(task));
    now += sequence.from_quantiles(kArrivals);
  }
  return trace;
}

}  // namespace varve
