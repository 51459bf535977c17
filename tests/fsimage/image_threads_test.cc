// Saving and loading with real threads on a real disk: the same bytes as in the simulation; under the thread sanitizer, no races.
#include <fstream>
#include <iterator>

#include "base/real/real_seams.h"
#include "tests/fsimage/image_fixture.h"
#include "tests/support/temp_directory.h"

namespace varve {
namespace {

class ImageThreads : public testing::Test {
 protected:
  ImageThreads() {
    for (unsigned i = 0; i < 12; ++i) {
      large_.sections.push_back({{.id = i + 1, .compress = i % 3 == 0}, {}});
      for (unsigned part = 0; part < i; ++part) large_.sections[i].parts.push_back(sample_records(300, 200, part * 7 + i));
    }
  }

  static Task<Result<Digest>> save_and_load(Seams seams, std::string path, const SampleState& state) {
    CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await seams.disk.open_directory(path));
    CO_ASSIGN_OR_RETURN(kj::Own<ImageDirectory> images, co_await ImageDirectory::open(seams, kj::mv(directory), kNamespace));
    CO_TRY(co_await images->save(point_at(9), [&state](ImageSink& sink) { state.declare(sink); }, {.chunk_bytes = 8192}));
    SampleReceiver receiver;
    CO_ASSIGN_OR_RETURN(const LoadedImage loaded,
                        co_await images->load(TxId{9}, [&receiver](ImageSource& source) { return receiver.declare(source); }));
    EXPECT_EQ(receiver.records(), state.records());
    CO_TRY(co_await images->verify(TxId{9}));
    co_return loaded.digest;
  }

  Digest digest_in_simulation() {
    SimWorld world;
    world.disk().add_directory(std::string(kDirectory));
    const auto digest = world.wait(save_and_load(world.seams(), std::string(kDirectory), large_));
    EXPECT_TRUE(digest) << digest.error().text();
    simulated_ = world.disk().read_all(image_path(9));
    return *digest;
  }
  std::vector<std::byte> real_bytes() const {
    std::ifstream file(directory_.path(image_name(TxId{9})), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const Bytes bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
  }

  TempDirectory directory_;
  SampleState large_;
  std::vector<std::byte> simulated_;
};

TEST_F(ImageThreads, give_the_same_bytes_as_the_simulation) {
  const Digest expected = digest_in_simulation();
  for (const unsigned workers : {1u, 2u, 5u}) {
    RealSeams real({.worker_threads = workers});
    const auto digest = real.mailbox().run_until(kj::Promise<Result<Digest>>(save_and_load(real.seams(), directory_.path(), large_)));
    ASSERT_TRUE(digest) << digest.error().text();
    EXPECT_EQ(*digest, expected);
    EXPECT_EQ(real_bytes(), simulated_);
  }
}

TEST_F(ImageThreads, a_dropped_save_waits_for_its_threads) {
  for (int i = 0; i < 20; ++i) {
    RealSeams real({.worker_threads = 3});
    auto save = kj::Promise<Result<Digest>>(save_and_load(real.seams(), directory_.path(), large_));
    real.mailbox().run_until(real.seams().clock.after(std::chrono::microseconds(300 * i)));
  }
}

}  // namespace
}  // namespace varve
