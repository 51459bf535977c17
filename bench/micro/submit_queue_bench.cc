// The way of a transaction into the queue and out of it, on one thread.
#include <benchmark/benchmark.h>

#include <string>

#include "base/bytes.h"
#include "ha/submit_queue.h"

namespace varve {
namespace {

void submit_and_take(benchmark::State& state) {
  SubmitQueue queue({}, [] {});
  const std::string payload(256, 'v');
  std::uint64_t done = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      Engine::Completion completion = [&done](const Result<Committed>&) { ++done; };
      std::optional<Error> error;
      queue.submit(as_bytes(payload), completion, SubmitQueue::Full::kPass, error);
    }
    while (auto batch = queue.take()) {
      for (auto& completion : batch->completions) completion(Committed{});
      queue.release(batch->bytes);
    }
  }
  benchmark::DoNotOptimize(done);
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(submit_and_take)->Arg(1)->Arg(64)->Arg(1000)->Arg(16000);

}  // namespace
}  // namespace varve
