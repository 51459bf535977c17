// Every write path of the journal in a shared directory, crashed before each disk operation, with every outcome of what was not synced;
// then taken over, with a second crash in the take-over.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/result.h"
#include "journal/shared_journal.h"
#include "tests/support/crash_walker.h"

namespace varve {
namespace {

constexpr const char* kPath = "/journal";

class SharedScenario : public CrashScenario {
 public:
  kj::Promise<Result<void>> setup(SimWorld& world) override { return do_setup(world); }
  kj::Promise<Result<void>> run(SimWorld& world) override { return do_run(world); }
  kj::Promise<Result<void>> check(SimWorld& world) override { return do_check(world); }
  kj::Promise<Result<void>> recover(SimWorld& world) override { return do_recover(world); }

 protected:
  // One process that leads; members in the order in which they must go.
  struct Leader {
    kj::Own<SharedJournal> journal;
    kj::Own<JournalWriter> writer;
    ~Leader() noexcept {
      writer = nullptr;
      journal = nullptr;
    }
    Leader() = default;
    Leader(Leader&&) = default;
  };

  virtual Task<Result<void>> do_setup(SimWorld&) { co_return ok(); }
  virtual Task<Result<void>> do_run(SimWorld& world) = 0;

  Task<Result<Leader>> lead(SimWorld& world) {
    LocalLogOptions options;
    options.segment_bytes = 16u << 10;
    options.disk_reserve_bytes = 0;
    RollPolicy roll;
    Leader leader;
    auto journal = co_await SharedJournal::open(world.seams(), kPath, options, roll);
    if (!journal) co_return fail(journal.error());
    leader.journal = kj::mv(*journal);
    SchemaInfo schema;
    auto writer = co_await leader.journal->become_writer("crash", "host", std::move(schema));
    if (!writer) co_return fail(writer.error());
    leader.writer = kj::mv(*writer);
    co_return kj::mv(leader);
  }

  Task<Result<void>> append(JournalWriter& writer, std::size_t size) {
    std::string text = fmt::format("{} ", offered_.size());
    text.resize(std::max(size, text.size()), 'x');
    offered_.push_back(text);
    CO_TRY(co_await append_text(writer, std::move(text)));
    acknowledged_ = offered_.size();
    co_return ok();
  }

  static Task<Result<void>> append_text(JournalWriter& writer, std::string text) {
    FrameBuilder builder(transaction_space(text.size()));
    builder.add(as_bytes(text));
    auto appended = co_await writer.append(kj::mv(builder), RunOn::kInline);
    if (!appended) co_return fail(appended.error());
    co_return ok();
  }

  Task<Result<void>> roll(JournalWriter& writer, std::size_t size) {
    writer.roll();
    co_return co_await append(writer, size);
  }

  TxId purged_;  // a purge up to here was begun

 private:
  Task<Result<void>> do_recover(SimWorld& world) {
    auto leader = co_await lead(world);
    if (!leader) co_return fail(leader.error());
    co_return ok();
  }

  Task<Result<void>> do_check(SimWorld& world) {
    std::vector<std::string> found;
    {
      auto leader = co_await lead(world);
      if (!leader) co_return fail(leader.error());
      CO_ASSIGN_OR_RETURN(found, co_await read(*leader->journal));
      CO_TRY(compare(*leader->journal, found));
      CO_TRY(co_await append_text(*leader->writer, "after"));
    }
    found.emplace_back("after");
    auto again = co_await lead(world);
    if (!again) co_return fail(again.error());
    CO_ASSIGN_OR_RETURN(const std::vector<std::string> reread, co_await read(*again->journal));
    if (reread != found) co_return fail(ErrorCode::kDamaged, "what was taken over once is not taken over again");
    co_return ok();
  }

  static Task<Result<std::vector<std::string>>> read(SharedJournal& journal) {
    std::vector<std::string> found;
    CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await journal.read_after(journal.start()));
    while (true) {
      CO_ASSIGN_OR_RETURN(const auto frames, co_await reader->next());
      if (frames.empty()) break;
      for (const FrameView& frame : frames) {
        if (frame.header->frame_kind() != FrameKind::kData) continue;
        for (TransactionCursor c = frame.transactions(); c.next();) found.emplace_back(as_text(c.bytes()));
      }
    }
    co_return found;
  }

  Result<void> compare(SharedJournal& journal, const std::vector<std::string>& found) const {
    const TxId start = journal.start().txid;
    if (start > purged_)
      return fail(ErrorCode::kDamaged, fmt::format("the log begins behind txid {}, purged was {}", start.value, purged_.value));
    const std::size_t missing = start.value == 0 || found.empty() ? 0 : index_of(found.front());
    if (missing + found.size() < acknowledged_)
      return fail(ErrorCode::kDamaged, fmt::format("{} were acknowledged, {} are left", acknowledged_, missing + found.size()));
    for (std::size_t i = 0; i < found.size(); ++i)
      if (missing + i >= offered_.size() || found[i] != offered_[missing + i])
        return fail(ErrorCode::kDamaged, fmt::format("transaction {} is not what was offered", missing + i));
    return ok();
  }

  std::size_t index_of(const std::string& text) const {
    std::size_t i = 0;
    while (i < offered_.size() && offered_[i] != text) ++i;
    return i;
  }

  std::vector<std::string> offered_;
  std::size_t acknowledged_ = 0;  // of them
};

class FirstReign final : public SharedScenario {
  Task<Result<void>> do_run(SimWorld& world) override {
    auto leader = co_await lead(world);
    if (!leader) co_return fail(leader.error());
    co_return co_await append(*leader->writer, 20);
  }
};

class AppendAndRoll final : public SharedScenario {
  Task<Result<void>> do_run(SimWorld& world) override {
    auto leader = co_await lead(world);
    if (!leader) co_return fail(leader.error());
    CO_TRY(co_await append(*leader->writer, 1500));
    CO_TRY(co_await roll(*leader->writer, 300));
    co_await world.clock().after(std::chrono::milliseconds(1));
    CO_TRY(co_await append(*leader->writer, 10));
    co_await world.clock().after(std::chrono::seconds(2));
    co_return co_await leader->writer->close();
  }
};

// The older epoch leaves a finalized segment and an unfinished one, of which not everything is synced.
class TakeOver final : public SharedScenario {
  Task<Result<void>> do_setup(SimWorld& world) override {
    auto leader = co_await lead(world);
    if (!leader) co_return fail(leader.error());
    CO_TRY(co_await append(*leader->writer, 100));
    co_return co_await roll(*leader->writer, 700);
  }
  Task<Result<void>> do_run(SimWorld& world) override {
    for (int i = 0; i < 2; ++i) {
      auto leader = co_await lead(world);
      if (!leader) co_return fail(leader.error());
      CO_TRY(co_await append(*leader->writer, 600));
      CO_TRY(co_await roll(*leader->writer, 40));
    }
    co_return ok();
  }
};

class Purge final : public SharedScenario {
  Task<Result<void>> do_setup(SimWorld& world) override {
    for (int i = 0; i < 2; ++i) {
      auto leader = co_await lead(world);
      if (!leader) co_return fail(leader.error());
      CO_TRY(co_await append(*leader->writer, 100));
      CO_TRY(co_await roll(*leader->writer, 100));
      co_await world.clock().after(std::chrono::milliseconds(1));
    }
    co_return ok();
  }
  Task<Result<void>> do_run(SimWorld& world) override {
    auto leader = co_await lead(world);
    if (!leader) co_return fail(leader.error());
    CO_TRY(co_await roll(*leader->writer, 10));
    co_await world.clock().after(std::chrono::milliseconds(1));
    purged_ = leader->journal->segments()[1].last;
    CO_TRY(co_await leader->journal->purge(purged_));
    purged_ = leader->writer->committed().txid;
    CO_TRY(co_await leader->journal->purge(purged_));
    co_return co_await append(*leader->writer, 10);
  }
};

template <typename Scenario>
CrashWalkReport walk(bool sync_is_noop = false) {
  CrashWalkOptions options;
  options.outcomes = {.all_subsets_up_to = 5, .tears_per_unit_max = 4, .random_outcomes = 10};
  options.second_crashes_max = 8;
  options.sync_is_noop = sync_is_noop;
  return walk_crashes([] { return std::make_unique<Scenario>(); }, options);
}

TEST(SharedJournalCrash, first_reign) {
  const CrashWalkReport report = walk<FirstReign>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(SharedJournalCrash, append_roll_and_finalize) {
  const CrashWalkReport report = walk<AppendAndRoll>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(SharedJournalCrash, take_over) {
  const CrashWalkReport report = walk<TakeOver>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(SharedJournalCrash, purge) {
  const CrashWalkReport report = walk<Purge>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(SharedJournalCrash, walks_find_a_disk_whose_sync_does_nothing) {
  EXPECT_FALSE(walk<FirstReign>(true).passed());
  EXPECT_FALSE(walk<AppendAndRoll>(true).passed());
  EXPECT_FALSE(walk<TakeOver>(true).passed());
}

}  // namespace
}  // namespace varve
