// Frames: filled and sealed, checked, gone through.
#include <benchmark/benchmark.h>

#include <string>

#include "editlog/frame.h"

namespace varve {
namespace {

constexpr std::size_t kPayloadBytes = 256;

FramePtr make_frame(std::uint64_t transactions, Bytes payload) {
  FrameBuilder builder(transactions * transaction_space(payload.size()));
  for (std::uint64_t i = 0; i < transactions; ++i) builder.add(payload);
  return std::move(builder).seal({.epoch = Epoch{1}, .first = TxId{1}, .namespace_id = Uuid{1, 2}});
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.range(0) * state.iterations());
  state.SetBytesProcessed(state.range(0) * static_cast<std::int64_t>(kPayloadBytes) * state.iterations());
}

void frame_fill_and_seal(benchmark::State& state) {
  const std::string payload(kPayloadBytes, 'v');
  for (auto _ : state) benchmark::DoNotOptimize(make_frame(static_cast<std::uint64_t>(state.range(0)), as_bytes(payload)));
  count(state);
}
BENCHMARK(frame_fill_and_seal)->Arg(1)->Arg(64)->Arg(1000)->Arg(3900);

void frame_verify(benchmark::State& state) {
  const FramePtr frame = make_frame(static_cast<std::uint64_t>(state.range(0)), as_bytes(std::string(kPayloadBytes, 'v')));
  const FrameHeader& header = frame->header();
  for (auto _ : state) {
    bool good = !check_header(header, Uuid{1, 2});
    good = good && digest_of(frame->bytes().subspan(sizeof(FrameHeader))) == header.body;
    good = good && body_is_well_formed(header, frame->body());
    if (!good) state.SkipWithError("the frame is not good");
  }
  count(state);
}
BENCHMARK(frame_verify)->Arg(1)->Arg(64)->Arg(3900);

void frame_transactions(benchmark::State& state) {
  const FramePtr frame = make_frame(static_cast<std::uint64_t>(state.range(0)), as_bytes(std::string(kPayloadBytes, 'v')));
  for (auto _ : state) {
    std::uint64_t bytes = 0;
    for (TransactionCursor c = frame->transactions(); c.next();) bytes += c.bytes().size();
    benchmark::DoNotOptimize(bytes);
  }
  count(state);
}
BENCHMARK(frame_transactions)->Arg(3900);

}  // namespace
}  // namespace varve
