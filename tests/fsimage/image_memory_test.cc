// A save and a load hold a bounded number of bytes, however slow the disk and however many parts.
#include <algorithm>

#include "fsimage/image_saver.h"
#include "fsimage/image_scan.h"
#include "tests/fsimage/image_fixture.h"

namespace varve {
namespace {

class ImageMemory : public ImageFixture {
 protected:
  static constexpr std::uint64_t kMiB = 1u << 20;

  // `parts` of `records` records of 64 KiB each, made as they are asked for.
  std::function<void(ImageSink&)> declare(unsigned parts, unsigned records) {
    return [this, parts, records](ImageSink& sink) {
      std::vector<RecordProducer> producers;
      for (unsigned i = 0; i < parts; ++i) {
        producers.push_back([this, left = records](RecordBuffer& buffer) mutable {
          while (left > 0 && !buffer.full()) {
            std::ranges::fill(buffer.add(64 << 10), std::byte{0x5a});
            made_ += 64 << 10;
            --left;
          }
          outstanding_max_ = std::max(outstanding_max_, made_ - std::min(made_, written_));
          return left > 0;
        });
      }
      sink.add_section({.id = 1}, std::move(producers));
    };
  }

  void watch_writes() {
    world_.disk().observe([this](std::uint64_t, const SimOperation& operation) {
      if (operation.op == SimOp::kWrite) written_ += operation.bytes;
    });
  }

  std::uint64_t made_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t outstanding_max_ = 0;
};

TEST_F(ImageMemory, a_save_on_a_slow_disk_does_not_run_ahead) {
  for (const auto& [parts, records] : std::vector<std::pair<unsigned, unsigned>>{{1, 1000}, {100, 10}, {4, 250}, {1000, 1}}) {
    made_ = written_ = outstanding_max_ = 0;
    world_.disk().set_latency({.write = std::chrono::milliseconds(20)});
    images();
    watch_writes();
    const auto saved = world_.wait(images().save(point_at(1), declare(parts, records), {}));
    world_.disk().observe({});
    ASSERT_TRUE(saved) << saved.error().text();
    EXPECT_EQ(made_, 1000u * (64 << 10));
    EXPECT_LE(outstanding_max_, ImageSaver::kAheadBytes + 3 * kMiB) << parts << " parts";
    EXPECT_GE(outstanding_max_, 64u << 10);
  }
}

TEST_F(ImageMemory, a_load_with_slow_reads_does_not_run_ahead) {
  ASSERT_TRUE(world_.wait(images().save(point_at(1), declare(10, 100), {})));
  world_.disk().set_latency({.read = std::chrono::milliseconds(5), .jitter_percent = 80});
  std::uint64_t read = 0, outstanding_max = 0;
  std::uint64_t consumed = 0;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (operation.op == SimOp::kRead) read += operation.bytes;
    outstanding_max = std::max(outstanding_max, read - std::min(read, consumed));
  });
  const auto loaded = world_.wait(images().load(TxId{1}, [&](ImageSource& source) -> Result<void> {
    source.consume(1, [&](std::uint32_t, const RecordView& view) -> Result<void> {
      for (std::size_t i = 0; i < view.count(); ++i) consumed += view.record(i).size();
      return {};
    });
    return {};
  }));
  world_.disk().observe({});
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(consumed, 1000u * (64 << 10));
  EXPECT_LE(outstanding_max, 6 * kMiB);  // four lanes of one chunk each
}

TEST_F(ImageMemory, giant_chunks_go_one_after_the_other) {
  SampleState state;
  state.sections.push_back({{.id = 1}, {}});
  for (int i = 0; i < 4; ++i) state.sections[0].parts.push_back({std::string(ImageScan::kWindowBytes + 1000, 'g')});
  ASSERT_TRUE(save(state, 1, {}));
  world_.disk().set_latency({.read = std::chrono::milliseconds(5)});
  std::uint64_t giant_reads = 0, giants_consumed = 0, ahead_max = 0;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (operation.op == SimOp::kRead && operation.bytes > ImageScan::kWindowBytes) ++giant_reads;
    ahead_max = std::max(ahead_max, giant_reads - giants_consumed);
  });
  const auto loaded = world_.wait(images().load(TxId{1}, [&](ImageSource& source) -> Result<void> {
    source.consume(1, [&](std::uint32_t, const RecordView&) -> Result<void> {
      ++giants_consumed;
      return {};
    });
    return {};
  }));
  world_.disk().observe({});
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(giants_consumed, 4u);
  EXPECT_EQ(ahead_max, 1u);
}

}  // namespace
}  // namespace varve
