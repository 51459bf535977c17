// The same state at the same position gives the same bytes.
#include "tests/fsimage/image_fixture.h"

namespace varve {
namespace {

SampleState large_state() {
  SampleState state;
  state.sections.push_back({{.id = 1, .name = "plain"}, {}});
  state.sections.push_back({{.id = 2, .name = "packed", .compress = true}, {}});
  for (unsigned i = 0; i < 12; ++i) {
    state.sections[0].parts.push_back(sample_records(40 * (i % 5), 300, i));
    state.sections[1].parts.push_back(sample_records(30 * (i % 4), 300, i + 100));
  }
  return state;
}

struct Saved {
  std::vector<std::byte> bytes;
  Digest digest;
};

Saved save_with(unsigned workers, std::uint64_t seed, bool slow) {
  SimWorld world(seed, workers);
  world.disk().add_directory(std::string(kDirectory));
  if (slow) world.disk().set_latency({.write = std::chrono::milliseconds(3), .sync = std::chrono::milliseconds(5), .jitter_percent = 90});
  auto directory = world.wait(world.disk().open_directory(std::string(kDirectory)));
  auto images = world.wait(ImageDirectory::open(world.seams(), kj::mv(*directory), kNamespace));
  const SampleState state = large_state();
  const auto saved = world.wait((*images)->save(point_at(9), [&](ImageSink& sink) { state.declare(sink); }, {.chunk_bytes = 4096}));
  EXPECT_TRUE(saved) << saved.error().text();
  return {world.disk().read_all(image_path(9)), saved->digest};
}

TEST(ImageDeterminism, bytes_do_not_depend_on_workers_or_timing) {
  const Saved reference = save_with(1, 1, false);
  EXPECT_GT(reference.bytes.size(), 100'000u);
  for (const unsigned workers : {1u, 2u, 5u}) {
    for (const bool slow : {false, true}) {
      const Saved saved = save_with(workers, workers + 10, slow);
      EXPECT_EQ(saved.bytes, reference.bytes) << workers << " workers, slow disk: " << slow;
      EXPECT_EQ(saved.digest, reference.digest);
    }
  }
}

}  // namespace
}  // namespace varve
