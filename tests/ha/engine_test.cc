// The engine on the real disk and real threads.
#include "varve/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/bytes.h"
#include "tests/ha/ledger_machine.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    char path[] = "/tmp/varve-engine-XXXXXX";
    directory_ = mkdtemp(path);
    options_.journal = "file://" + directory_ + "/journal";
    options_.segment_bytes_max = 1u << 20;
    options_.disk_reserve_bytes = 1u << 20;
  }
  ~EngineTest() override {
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }
  void open() {
    auto engine = Engine::open(options_, machine_);
    ASSERT_TRUE(engine) << engine.error().text();
    engine_ = std::move(*engine);
  }
  void close() {
    const auto closed = engine_->close();
    ASSERT_TRUE(closed) << closed.error().text();
    engine_.reset();
  }

  std::string directory_;
  Options options_;
  LedgerMachine machine_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, a_future_gives_txid_and_the_reply_of_apply) {
  open();
  const auto first = engine_->submit(as_bytes("one")).get();
  const auto second = engine_->submit(as_bytes("two")).get();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->txid, first->txid.next());
  EXPECT_EQ(first->reply.code, 1u);
  EXPECT_EQ(second->reply.data, std::to_string(second->txid.value));
}

TEST_F(EngineTest, many_threads_submit_and_each_sees_its_own_order) {
  open();
  constexpr int kThreads = 8;
  constexpr int kEach = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      std::vector<std::future<Result<Committed>>> futures;
      for (int i = 0; i < kEach; ++i) futures.push_back(engine_->submit(as_bytes(std::to_string(t) + "/" + std::to_string(i))));
      TxId last;
      for (auto& future : futures) {
        const auto done = future.get();
        ASSERT_TRUE(done) << done.error().text();
        EXPECT_GT(done->txid, last);
        last = done->txid;
      }
    });
  for (auto& thread : threads) thread.join();
  std::size_t size = 0;
  engine_->inspect([&] { size = machine_.entries().size(); });
  EXPECT_EQ(size, std::size_t{kThreads} * kEach);
  close();
  LedgerMachine again;
  auto reopened = Engine::open(options_, again);
  ASSERT_TRUE(reopened) << reopened.error().text();
  EXPECT_EQ(again.entries(), machine_.entries());
}

TEST_F(EngineTest, completions_run_on_the_loop_in_order_and_may_submit_more) {
  open();
  std::atomic<int> left{2000};
  std::promise<void> over;
  TxId last;
  std::function<void(Result<Committed>)> again = [&](Result<Committed> done) {
    char name[32] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    EXPECT_STREQ(name, "varve-loop");
    ASSERT_TRUE(done);
    EXPECT_GT(done->txid, last);
    last = done->txid;
    const int now = --left;
    if (now >= 16) engine_->submit(as_bytes("again"), again);
    if (now == 0) over.set_value();
  };
  for (int i = 0; i < 16; ++i) engine_->submit(as_bytes("first"), again);
  over.get_future().wait();
  EXPECT_GE(engine_->status().frame_transactions, 2000u);
}

TEST_F(EngineTest, a_small_queue_blocks_submitters_and_loses_nothing) {
  options_.queue_bytes_max = 4096;
  open();
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i)
        engine_->submit(as_bytes(std::string(500, 'x')), [&](const Result<Committed>& r) { done += r.has_value(); });
    });
  for (auto& thread : threads) thread.join();
  close();
  EXPECT_EQ(done, 1200);
}

TEST_F(EngineTest, try_submit_refuses_instead_of_waiting) {
  options_.queue_bytes_max = 4096;
  open();
  std::promise<void> go;
  auto gate = go.get_future().share();
  engine_->submit(as_bytes("gate"), [gate](const Result<Committed>&) { gate.wait(); });
  int taken = 0;
  while (engine_->try_submit(as_bytes(std::string(500, 'x')), [](const Result<Committed>&) {})) ASSERT_LT(++taken, 100);
  EXPECT_GT(taken, 0);
  go.set_value();
  close();
}

TEST_F(EngineTest, checkpoint_now_writes_an_image_that_the_next_start_uses) {
  open();
  for (int i = 0; i < 100; ++i) engine_->submit(as_bytes("x" + std::to_string(i)), [](const Result<Committed>&) {});
  ASSERT_TRUE(engine_->submit(as_bytes("last")).get());
  const auto image = engine_->checkpoint();
  ASSERT_TRUE(image) << image.error().text();
  const auto entries = machine_.entries();
  close();
  open();
  EXPECT_EQ(engine_->status().recovery.image_txid, *image);
  EXPECT_EQ(machine_.entries(), entries);
}

TEST_F(EngineTest, after_close_every_call_says_closed) {
  open();
  ASSERT_TRUE(engine_->submit(as_bytes("x")).get());
  ASSERT_TRUE(engine_->close());
  ASSERT_TRUE(engine_->close()) << "closing twice is harmless";
  const auto late = engine_->submit(as_bytes("y")).get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kClosed);
  EXPECT_EQ(engine_->checkpoint().error().code(), ErrorCode::kClosed);
  EXPECT_EQ(engine_->outcome({TxId{1}, Epoch{1}, {}}).error().code(), ErrorCode::kClosed);
  EXPECT_EQ(engine_->status().role, Status::Role::kClosed);
}

TEST_F(EngineTest, two_engines_on_one_directory_are_refused) {
  open();
  LedgerMachine other;
  const auto second = Engine::open(options_, other);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kLocked);
  EXPECT_THAT(second.error().text(), HasSubstr(directory_));
}

TEST_F(EngineTest, a_missing_parent_directory_is_one_clear_line) {
  options_.journal = "file://" + directory_ + "/no/such/journal";
  const auto engine = Engine::open(options_, machine_);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(engine.error().text(), HasSubstr(directory_ + "/no/such"));
}

TEST_F(EngineTest, a_quorum_without_an_image_directory_is_refused) {
  options_.journal = "quorum://127.0.0.1:1/rm";
  const auto engine = Engine::open(options_, machine_);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(engine.error().text(), HasSubstr("image_directory"));
}

}  // namespace
}  // namespace varve
