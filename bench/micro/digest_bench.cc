// XXH3-128, whole and in pieces.
#include <benchmark/benchmark.h>

#include "base/bytes.h"
#include "base/digest.h"

namespace varve {
namespace {

AlignedBuffer filled(std::size_t bytes) {
  AlignedBuffer buffer(bytes);
  std::memset(buffer.data(), 7, buffer.capacity());
  return buffer;
}

void digest_whole(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const AlignedBuffer buffer = filled(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(digest_of(buffer.span(0, bytes)));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
BENCHMARK(digest_whole)->Arg(112)->Arg(512)->Arg(16 << 10)->Arg(1 << 20);

void digest_stream(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const AlignedBuffer buffer = filled(bytes);
  DigestStream stream;
  for (auto _ : state) {
    stream.reset();
    stream.add(buffer.span(0, bytes));
    benchmark::DoNotOptimize(stream.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
BENCHMARK(digest_stream)->Arg(512)->Arg(1 << 20);

}  // namespace
}  // namespace varve
