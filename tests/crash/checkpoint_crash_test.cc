// A whole resource manager, crashed before each disk operation of its checkpoints: the image is published, older ones go, the log behind
// them is purged.
#include <gtest/gtest.h>

#include "base/result.h"
#include "tests/simulation/log_audit.h"
#include "tests/simulation/replica_process.h"
#include "tests/support/crash_walker.h"

namespace varve {
namespace {

class CheckpointScenario : public CrashScenario {
 public:
  explicit CheckpointScenario(std::uint32_t images_kept) {
    options_.journal = std::string("file://") + ReplicaProcess::kJournal;
    options_.segment_bytes_max = 64u << 10;
    options_.segment_transactions_max = 8;
    options_.disk_reserve_bytes = 0;
    options_.checkpoint_transactions = 0;
    options_.checkpoint_log_bytes = 0;
    options_.checkpoint_interval = std::chrono::milliseconds(0);
    options_.images_kept = images_kept;
    options_.extra_transactions_kept = 0;
    options_.extra_segments_kept = 0;
    options_.image_chunk_bytes = 4096;
  }

  kj::Promise<Result<void>> setup(SimWorld& world) override { return do_setup(world); }
  kj::Promise<Result<void>> run(SimWorld& world) override { return do_run(world); }
  kj::Promise<Result<void>> check(SimWorld& world) override { return do_check(world); }
  kj::Promise<Result<void>> recover(SimWorld& world) override { return do_recover(world); }

 private:
  Task<Result<void>> do_setup(SimWorld& world) {
    world.disk().add_directory(ReplicaProcess::kHome);
    ReplicaProcess process(world, options_, record_);
    CO_TRY(co_await process.start());
    for (std::uint32_t i = 0; i < options_.images_kept; ++i) CO_TRY(co_await work_and_checkpoint(world, process, record_));
    CO_TRY(co_await process.stop());
    co_return adopt(process, record_);
  }

  Task<Result<void>> do_run(SimWorld& world) {
    ReplicaProcess process(world, options_, record_);
    CO_TRY(co_await process.start());
    CO_TRY(co_await work_and_checkpoint(world, process, record_));
    CO_TRY(co_await work_and_checkpoint(world, process, record_));
    co_return co_await process.stop();
  }

  Task<Result<void>> do_recover(SimWorld& world) {
    SubmissionRecord record = record_;
    ReplicaProcess process(world, options_, record);
    co_return co_await process.start();
  }

  Task<Result<void>> do_check(SimWorld& world) {
    SubmissionRecord record = record_;
    record.drop_open();
    std::vector<DigestLedger::Entry> state;
    {
      ReplicaProcess process(world, options_, record);
      CO_TRY(co_await process.start());
      CO_TRY(adopt(process, record));
      CO_TRY(co_await work_and_checkpoint(world, process, record));
      CO_TRY(co_await process.stop());
      state = process.ledger().entries();
    }
    const std::string wrong = co_await audit(world.seams(), options_, state, {});
    if (!wrong.empty()) co_return fail(ErrorCode::kDamaged, wrong);
    co_return ok();
  }

  static Result<void> adopt(const ReplicaProcess& process, SubmissionRecord& record) {
    const std::string wrong = record.reconcile(process.ledger().entries());
    if (!wrong.empty()) return fail(ErrorCode::kDamaged, wrong);
    return ok();
  }

  // Work goes on while the image is written.
  Task<Result<void>> work_and_checkpoint(SimWorld& world, ReplicaProcess& process, SubmissionRecord& record) {
    for (int i = 0; i < 12; ++i) {
      process.submit(std::string(300, static_cast<char>('a' + i)));
      if (i % 4 == 3) co_await world.clock().after(std::chrono::milliseconds(1));
    }
    auto checkpoint = process.replica().checkpoint();
    process.submit("meanwhile");
    CO_TRY(co_await kj::mv(checkpoint));
    while (record.open() > 0) co_await world.clock().after(std::chrono::milliseconds(1));
    if (!process.broken_promise().empty()) co_return fail(ErrorCode::kDamaged, process.broken_promise());
    co_return ok();
  }

  Options options_;
  SubmissionRecord record_;
};

CrashWalkReport walk(std::uint32_t images_kept, CrashWalkOptions options = {}) {
  options.outcomes.tears_per_unit_max = 3;
  options.second_crashes_max = 12;
  return walk_crashes([images_kept] { return std::make_unique<CheckpointScenario>(images_kept); }, options);
}

TEST(CheckpointCrash, publish_retain_and_purge_with_two_images) {
  const CrashWalkReport report = walk(2);
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(CheckpointCrash, publish_retain_and_purge_with_one_image) {
  const CrashWalkReport report = walk(1, {.operation_stride = 3 * kExhaustiveStride});
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(CheckpointCrash, the_walk_finds_a_disk_whose_sync_does_nothing) {
  EXPECT_FALSE(walk(1, {.sync_is_noop = true}).passed());
}

}  // namespace
}  // namespace varve
