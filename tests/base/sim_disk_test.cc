#include "base/sim/sim_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim/sim_world.h"

namespace varve {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kKept = &UnitFate::kept;
constexpr auto kLost = &UnitFate::lost;

// A directory /d on a simulated disk, with verbs.
class SimDiskTest : public testing::Test {
 protected:
  ~SimDiskTest() noexcept override {}  // kj::Own may throw
  SimDiskTest() { directory_ = must(disk_.create_directory("/d")); }

  template <typename T>
  T must(kj::Promise<Result<T>> promise) {
    Result<T> result = world_.wait(kj::mv(promise));
    if (!result) throw std::runtime_error(result.error().text());
    if constexpr (!std::is_void_v<T>) return kj::mv(*result);
  }
  template <typename T>
  Error error_of(kj::Promise<Result<T>> promise) {
    Result<T> result = world_.wait(kj::mv(promise));
    if (result) throw std::runtime_error("it succeeded");
    return result.error();
  }

  static std::vector<Bytes> one(Bytes bytes) { return {bytes}; }
  static std::string sectors(std::string_view letters) {
    std::string text;
    for (char letter : letters) text += std::string(kSectorBytes, letter);
    return text;
  }

  kj::Own<File> create(const std::string& name) { return must(directory_->create(name, {.write = true})); }
  kj::Own<File> create_durably(const std::string& name, const std::string& contents) {
    kj::Own<File> file = create(name);
    write(*file, 0, contents);
    must(file->sync());
    must(directory_->sync());
    return file;
  }
  void write(File& file, std::uint64_t offset, const std::string& text) { must(file.write(offset, one(as_bytes(text)), RunOn::kInline)); }
  void crash(std::vector<UnitFate> fates) { disk_.crash({std::move(fates), {}}); }
  void crash_and_lose_everything() { crash(std::vector<UnitFate>(disk_.unsynced().size(), UnitFate::lost())); }
  std::string contents(const std::string& name) {
    std::vector<std::byte> bytes = disk_.read_all("/d/" + name);
    return std::string(as_text(bytes));
  }
  // The first letter of each sector; '0' for a zero.
  std::string letters(const std::string& name) {
    std::string all = contents(name);
    std::string result;
    for (std::size_t at = 0; at < all.size(); at += kSectorBytes) result += all[at] == '\0' ? '0' : all[at];
    return result;
  }
  std::vector<std::string> names() { return disk_.list("/d"); }

  SimWorld world_;
  SimDisk& disk_ = world_.disk();
  kj::Own<Directory> directory_;
};

TEST_F(SimDiskTest, reads_back_what_was_written_before_any_sync) {
  auto file = create("f");
  write(*file, 100, "hello");
  std::array<std::byte, 200> out;
  EXPECT_EQ(must(file->read(98, out)), 7u);
  EXPECT_EQ(as_text(out).substr(0, 7), std::string_view("\0\0hello", 7));
  EXPECT_EQ(must(file->read(105, out)), 0u);
  EXPECT_EQ(must(file->size()), 105u);
}

TEST_F(SimDiskTest, keeps_synced_bytes_and_names_across_a_crash) {
  create_durably("f", sectors("ab"));
  EXPECT_THAT(disk_.unsynced(), IsEmpty());
  crash({});
  EXPECT_EQ(letters("f"), "ab");
}

TEST_F(SimDiskTest, may_lose_a_write_that_was_not_synced) {
  auto file = create_durably("f", sectors("ab"));
  write(*file, 512, sectors("c"));
  EXPECT_EQ(letters("f"), "ac");
  crash({kLost()});
  EXPECT_EQ(letters("f"), "ab");
}

TEST_F(SimDiskTest, may_keep_a_later_write_and_lose_an_earlier_one) {
  auto file = create_durably("f", sectors("abc"));
  write(*file, 0, sectors("x"));
  write(*file, 1024, sectors("z"));
  crash({kLost(), kKept()});
  EXPECT_EQ(letters("f"), "abz");
}

TEST_F(SimDiskTest, tears_a_write_between_sectors) {
  auto file = create_durably("f", sectors("aaaa"));
  write(*file, 0, sectors("bcde"));
  SimDiskState before = disk_.snapshot();
  crash({UnitFate::first_sectors(1)});
  EXPECT_EQ(letters("f"), "baaa");
  disk_.restore(before);
  crash({UnitFate::without_first_sectors(3)});
  EXPECT_EQ(letters("f"), "aaae");
}

TEST_F(SimDiskTest, never_tears_within_a_sector) {
  auto file = create_durably("f", sectors("ab"));
  write(*file, 500, "0123456789012345678901234");
  crash({UnitFate::without_first_sectors(1)});
  EXPECT_EQ(contents("f").substr(496, 16), "aaaaaaaaaaaaaaaa");
  EXPECT_EQ(contents("f").substr(512, 14), "2345678901234b");
}

TEST_F(SimDiskTest, may_keep_the_size_and_lose_the_data) {
  auto file = create_durably("f", sectors("a"));
  write(*file, 512, sectors("bc"));
  crash({kKept(), kLost()});
  EXPECT_EQ(letters("f"), "a00");
}

TEST_F(SimDiskTest, may_show_garbage_where_a_grown_file_lost_its_data) {
  auto file = create_durably("f", sectors("a"));
  write(*file, 512, sectors("b"));
  disk_.crash({{kKept(), kLost()}, 7});
  std::string all = contents("f");
  EXPECT_EQ(all.substr(0, 512), sectors("a"));
  EXPECT_NE(all.substr(512), sectors("b"));
  EXPECT_FALSE(all_zero(as_bytes(all).subspan(512)));
}

TEST_F(SimDiskTest, never_shows_garbage_in_preallocated_space) {
  auto file = create_durably("f", sectors("a"));
  must(file->preallocate(2048));
  disk_.crash({{kKept()}, 7});
  EXPECT_EQ(letters("f"), "a000");
}

TEST_F(SimDiskTest, may_keep_the_data_and_lose_the_size) {
  auto file = create_durably("f", sectors("a"));
  write(*file, 0, sectors("xy"));
  crash({kLost(), kKept()});
  EXPECT_EQ(letters("f"), "x");
}

TEST_F(SimDiskTest, may_lose_a_truncation) {
  auto file = create_durably("f", sectors("abc"));
  must(file->truncate(512));
  SimDiskState before = disk_.snapshot();
  crash({kLost()});
  EXPECT_EQ(letters("f"), "abc");
  disk_.restore(before);
  crash({kKept()});
  EXPECT_EQ(letters("f"), "a");
}

TEST_F(SimDiskTest, does_not_bring_back_cut_bytes_when_a_file_grows_again) {
  auto file = create_durably("f", sectors("abc"));
  must(file->truncate(700));
  must(file->preallocate(1536));
  EXPECT_EQ(contents("f").substr(690), std::string(10, 'b') + std::string(836, '\0'));
}

TEST_F(SimDiskTest, may_lose_the_name_of_a_synced_file) {
  auto file = create("f");
  write(*file, 0, "data");
  must(file->sync());
  crash({kLost()});
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(SimDiskTest, may_keep_a_name_and_lose_the_data) {
  auto file = create("f");
  write(*file, 0, "data");
  must(directory_->sync());
  crash({kLost(), kLost()});
  EXPECT_THAT(names(), ElementsAre("f"));
  EXPECT_EQ(contents("f"), "");
}

TEST_F(SimDiskTest, may_undo_a_rename) {
  create_durably("a", "A");
  create_durably("b", "B");
  must(directory_->rename("a", "b"));
  EXPECT_THAT(names(), ElementsAre("b"));
  SimDiskState before = disk_.snapshot();
  crash({kLost()});
  EXPECT_EQ(contents("a") + contents("b"), "AB");
  disk_.restore(before);
  crash({kKept()});
  EXPECT_THAT(names(), ElementsAre("b"));
  EXPECT_EQ(contents("b"), "A");
}

TEST_F(SimDiskTest, may_swap_two_renames) {
  create_durably("a", "A");
  create_durably("c", "C");
  must(directory_->rename("a", "b"));
  must(directory_->rename("c", "d"));
  crash({kLost(), kKept()});
  EXPECT_THAT(names(), ElementsAre("a", "d"));
}

TEST_F(SimDiskTest, may_keep_a_rename_and_lose_the_creation_before_it) {
  create("a");
  must(directory_->rename("a", "b"));
  crash({kLost(), kKept()});
  EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(SimDiskTest, never_gives_one_file_two_names) {
  create_durably("a", "A");
  must(directory_->rename("a", "b"));
  must(directory_->rename("b", "c"));
  crash({kLost(), kKept()});
  EXPECT_THAT(names(), ElementsAre("c"));
}

TEST_F(SimDiskTest, may_undo_a_removal) {
  create_durably("a", "A");
  must(directory_->remove("a"));
  EXPECT_THAT(names(), IsEmpty());
  crash({kLost()});
  EXPECT_EQ(contents("a"), "A");
}

TEST_F(SimDiskTest, makes_names_durable_with_the_directory) {
  create_durably("a", "A");
  must(directory_->rename("a", "b"));
  must(directory_->sync());
  crash_and_lose_everything();
  EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(SimDiskTest, makes_durable_only_what_a_durable_write_wrote) {
  auto file = create_durably("f", sectors("abcd"));
  write(*file, 0, sectors("w"));
  std::string text = sectors("x");
  must(file->write_durably(512, one(as_bytes(text)), RunOn::kInline));
  write(*file, 1024, sectors("y"));
  crash_and_lose_everything();
  EXPECT_EQ(letters("f"), "axcd");
}

TEST_F(SimDiskTest, makes_the_size_durable_that_a_durable_write_needs) {
  auto file = create_durably("f", sectors("a"));
  must(file->preallocate(4096));
  std::string text = sectors("x");
  must(file->write_durably(512, one(as_bytes(text)), RunOn::kInline));
  crash_and_lose_everything();
  EXPECT_EQ(letters("f"), "ax000000");
}

TEST_F(SimDiskTest, does_not_undo_a_durable_write_by_an_older_one_that_survives) {
  auto file = create_durably("f", sectors("ab"));
  write(*file, 0, sectors("xx"));
  std::string text = sectors("y");
  must(file->write_durably(0, one(as_bytes(text)), RunOn::kInline));
  crash({kKept()});
  EXPECT_EQ(letters("f"), "yx");
}

TEST_F(SimDiskTest, may_tear_a_durable_write_that_power_failed_in) {
  auto file = create_durably("f", sectors("aa"));
  std::string text = sectors("xy");
  disk_.crash_before(disk_.operations() + 2);
  auto promise = file->write_durably(0, one(as_bytes(text)), RunOn::kInline);
  EXPECT_FALSE(promise.poll(world_.scope()));
  ASSERT_EQ(disk_.unsynced().size(), 1u);
  crash({UnitFate::without_first_sectors(1)});
  EXPECT_EQ(letters("f"), "ay");
}

TEST_F(SimDiskTest, leaves_data_in_doubt_after_a_failed_sync_whatever_succeeds_later) {
  auto file = create_durably("f", sectors("ab"));
  write(*file, 0, sectors("x"));
  disk_.inject({.op = SimOp::kSync});
  EXPECT_EQ(error_of(file->sync()).code(), ErrorCode::kIo);
  must(file->sync());
  EXPECT_EQ(letters("f"), "xb");
  crash({kLost()});
  EXPECT_EQ(letters("f"), "ab");
}

TEST_F(SimDiskTest, leaves_names_in_doubt_after_a_failed_sync_of_the_directory) {
  create("f");
  disk_.inject({.op = SimOp::kSyncDirectory});
  EXPECT_EQ(error_of(directory_->sync()).code(), ErrorCode::kIo);
  must(directory_->sync());
  crash({kLost()});
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(SimDiskTest, never_brings_back_a_doubtful_rename_whose_name_is_durably_another_file) {
  create_durably("a", "A");
  create_durably("b", "B");
  must(directory_->rename("a", "x"));
  disk_.inject({.op = SimOp::kSyncDirectory});
  EXPECT_EQ(error_of(directory_->sync()).code(), ErrorCode::kIo);
  must(directory_->rename("b", "x"));
  must(directory_->sync());
  for (const UnsyncedUnit& unit : disk_.unsynced()) ADD_FAILURE() << unit.what;
  crash({});
  EXPECT_EQ(contents("x"), "B");
}

TEST_F(SimDiskTest, never_brings_back_a_file_that_a_doubtful_rename_replaced_once_its_name_is_durably_free) {
  create_durably("a", "A");
  create_durably("x", "X");
  must(directory_->rename("a", "x"));
  disk_.inject({.op = SimOp::kSyncDirectory});
  EXPECT_EQ(error_of(directory_->sync()).code(), ErrorCode::kIo);
  must(directory_->rename("x", "y"));
  must(directory_->sync());
  crash({});
  EXPECT_THAT(names(), ElementsAre("y"));
  EXPECT_EQ(contents("y"), "A");
}

TEST_F(SimDiskTest, makes_names_durable_that_a_sync_covers_although_a_later_one_fails_first) {
  create("f");
  disk_.set_latency({.sync = std::chrono::milliseconds(2)});
  auto first = directory_->sync();
  disk_.inject({.op = SimOp::kSyncDirectory});
  create("g");
  auto second = directory_->sync();
  must(kj::mv(first));
  EXPECT_EQ(error_of(kj::mv(second)).code(), ErrorCode::kIo);
  crash_and_lose_everything();
  EXPECT_THAT(names(), ElementsAre("f"));
}

TEST_F(SimDiskTest, makes_a_doubtful_size_durable_when_it_is_set_again_and_synced) {
  auto file = create_durably("f", sectors("ab"));
  must(file->truncate(512));
  disk_.inject({.op = SimOp::kSync});
  EXPECT_EQ(error_of(file->sync()).code(), ErrorCode::kIo);
  must(file->sync());
  SimDiskState doubtful = disk_.snapshot();
  crash_and_lose_everything();
  EXPECT_EQ(letters("f"), "ab");
  disk_.restore(doubtful);
  directory_ = must(disk_.open_directory("/d"));
  file = must(directory_->open("f", {.write = true}));
  must(file->truncate(512));
  must(file->sync());
  crash_and_lose_everything();
  EXPECT_EQ(letters("f"), "a");
}

TEST_F(SimDiskTest, freezes_before_the_chosen_operation) {
  auto file = create_durably("f", sectors("a"));
  disk_.crash_before(disk_.operations() + 2);
  write(*file, 0, sectors("b"));
  auto crashed = disk_.when_crashed();
  EXPECT_FALSE(crashed.poll(world_.scope()));
  std::string text = sectors("c");
  auto never = file->write(0, one(as_bytes(text)), RunOn::kInline);
  EXPECT_FALSE(never.poll(world_.scope()));
  EXPECT_TRUE(crashed.poll(world_.scope()));
  EXPECT_EQ(disk_.crashed_before(), "writing 512 bytes at offset 0 of /d/f");
  EXPECT_EQ(letters("f"), "b");
}

TEST_F(SimDiskTest, never_answers_handles_from_before_a_crash) {
  auto file = create_durably("f", sectors("a"));
  crash({});
  EXPECT_FALSE(file->size().poll(world_.scope()));
  EXPECT_FALSE(directory_->list().poll(world_.scope()));
  EXPECT_EQ(must(must(disk_.open_directory("/d"))->list()).size(), 1u);
}

TEST_F(SimDiskTest, loses_a_sync_that_power_fails_in) {
  disk_.set_latency({.sync = std::chrono::milliseconds(1)});
  auto file = create_durably("f", sectors("a"));
  write(*file, 0, sectors("b"));
  auto syncing = file->sync();
  disk_.power_off();
  EXPECT_THROW(world_.wait(kj::mv(syncing)), kj::Exception);
  crash({kLost()});
  EXPECT_EQ(letters("f"), "a");
}

TEST_F(SimDiskTest, takes_its_time) {
  disk_.set_latency({.write = std::chrono::microseconds(10), .sync = std::chrono::milliseconds(1)});
  auto file = create("f");
  auto begin = world_.clock().now();
  write(*file, 0, "x");
  must(file->sync());
  EXPECT_EQ(world_.clock().now() - begin, std::chrono::microseconds(1010));
}

TEST_F(SimDiskTest, is_stuck_for_a_while) {
  auto file = create("f");
  disk_.inject({.op = SimOp::kSync, .error = 0, .delay = std::chrono::seconds(5)});
  auto begin = world_.clock().now();
  must(file->sync());
  EXPECT_EQ(world_.clock().now() - begin, std::chrono::seconds(5));
}

TEST_F(SimDiskTest, fails_the_operation_that_a_fault_names) {
  auto file = create("segment");
  auto other = create("other");
  disk_.inject({.op = SimOp::kWrite, .path_part = "segment", .skip = 1, .error = EIO});
  write(*file, 0, "1");
  write(*other, 0, "2");
  std::string text = "3";
  Error error = error_of(file->write(0, one(as_bytes(text)), RunOn::kInline));
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.text(), HasSubstr("writing 1 bytes at offset 0 of /d/segment"));
  write(*file, 0, "4");
}

TEST_F(SimDiskTest, fails_the_operation_of_a_number) {
  disk_.inject({.number = disk_.operations() + 2, .error = EACCES});
  create("a");
  EXPECT_EQ(error_of(directory_->create("b", {.write = true})).code(), ErrorCode::kPermission);
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(SimDiskTest, writes_a_part_and_fails) {
  auto file = create("f");
  disk_.inject({.op = SimOp::kWrite, .error = EIO, .bytes_done = 512});
  std::string text = sectors("ab");
  EXPECT_EQ(error_of(file->write(0, one(as_bytes(text)), RunOn::kInline)).code(), ErrorCode::kIo);
  EXPECT_EQ(letters("f"), "a");
}

TEST_F(SimDiskTest, is_full_at_its_capacity) {
  disk_.set_capacity(8192);
  auto file = create("f");
  write(*file, 0, std::string(4096, 'a'));
  EXPECT_EQ(must(directory_->free_bytes()), 4096u);
  EXPECT_EQ(error_of(file->preallocate(8193)).code(), ErrorCode::kNoSpace);
  std::string text(8192, 'b');
  EXPECT_EQ(error_of(file->write(4096, one(as_bytes(text)), RunOn::kInline)).code(), ErrorCode::kNoSpace);
  EXPECT_EQ(must(file->size()), 8192u);
  write(*file, 0, "within");
  must(directory_->remove("f"));
  EXPECT_EQ(disk_.free_bytes(), 8192u);
}

TEST_F(SimDiskTest, refuses_changes_when_read_only) {
  auto file = create_durably("f", "data");
  disk_.set_read_only(true);
  std::string text = "x";
  EXPECT_EQ(error_of(file->write(0, one(as_bytes(text)), RunOn::kInline)).code(), ErrorCode::kReadOnly);
  EXPECT_EQ(error_of(directory_->create("g", {.write = true})).code(), ErrorCode::kReadOnly);
  EXPECT_EQ(error_of(directory_->remove("f")).code(), ErrorCode::kReadOnly);
  EXPECT_EQ(error_of(directory_->open("f", {.write = true})).code(), ErrorCode::kReadOnly);
  EXPECT_EQ(must(must(directory_->open("f", {}))->size()), 4u);
  EXPECT_EQ(contents("f"), "data");
}

TEST_F(SimDiskTest, locks_against_a_second_holder_until_the_first_is_gone) {
  {
    auto lock = must(directory_->lock());
    EXPECT_EQ(error_of(directory_->lock()).code(), ErrorCode::kLocked);
  }
  must(directory_->lock());
}

TEST_F(SimDiskTest, gives_up_locks_in_a_crash) {
  auto lock = must(directory_->lock());
  crash_and_lose_everything();
  auto again = must(must(disk_.open_directory("/d"))->lock());
  lock = nullptr;
  EXPECT_EQ(error_of(must(disk_.open_directory("/d"))->lock()).code(), ErrorCode::kLocked);
}

TEST_F(SimDiskTest, lies_when_told_to) {
  disk_.set_sync_is_noop(true);
  auto file = create_durably("f", sectors("a"));
  EXPECT_EQ(disk_.unsynced().size(), 3u);
  crash_and_lose_everything();
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(SimDiskTest, says_what_a_missing_or_doubled_name_is) {
  create("f");
  EXPECT_EQ(error_of(directory_->create("f", {.write = true})).code(), ErrorCode::kExists);
  EXPECT_EQ(error_of(directory_->open("g", {})).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(directory_->rename("g", "h")).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(directory_->remove("g")).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.open_directory("/e")).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.create_directory("/e/f")).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.open_directory("/d/f")).code(), ErrorCode::kNotFound);
}

TEST_F(SimDiskTest, lists_files_and_directories) {
  create("b");
  must(disk_.create_directory("/d/a"));
  must(disk_.create_directory("/d/a/deeper"));
  EXPECT_THAT(must(directory_->list()), ElementsAre("a", "b"));
}

TEST_F(SimDiskTest, keeps_reading_a_file_that_was_removed_or_replaced) {
  auto file = create_durably("a", "A");
  create_durably("b", "B");
  must(directory_->rename("b", "a"));
  std::array<std::byte, 1> out;
  must(file->read(0, out));
  EXPECT_EQ(as_text(out), "A");
}

TEST_F(SimDiskTest, rots) {
  create_durably("f", sectors("ab"));
  disk_.flip_bits("/d/f", 3, std::byte{0x20});
  EXPECT_EQ(contents("f").substr(0, 5), "aaaAa");
  disk_.zero("/d/f", 512, 512);
  EXPECT_EQ(letters("f"), "a0");
  disk_.truncate_to("/d/f", 1);
  EXPECT_EQ(contents("f"), "a");
  disk_.write_all("/d/g", as_bytes("new"));
  crash({});
  EXPECT_EQ(contents("f"), "a");
  EXPECT_EQ(contents("g"), "new");
}

TEST_F(SimDiskTest, restores_a_snapshot_independent_of_later_changes) {
  auto file = create_durably("f", sectors("a"));
  SimDiskState before = disk_.snapshot();
  write(*file, 0, sectors("b"));
  disk_.remove_file("/d/f");
  disk_.restore(before);
  EXPECT_EQ(letters("f"), "a");
}

// Random work, crashed at random: what was synced is there, and everything is the same for the same seed.
std::uint64_t trace_of_random_work(std::uint64_t seed) {
  SimWorld world(seed);
  SimDisk& disk = world.disk();
  disk.set_latency({.write = std::chrono::microseconds(5), .sync = std::chrono::microseconds(90), .jitter_percent = 50});
  for (int round = 0; round < 5; ++round) {
    auto opened = world.wait(disk.create_directory("/d"));
    kj::Own<Directory> directory = kj::mv(*opened);
    auto file = world.wait(round == 0 ? directory->create("f", {.write = true}) : directory->open("f", {.write = true}));
    if (!file) file = world.wait(directory->create("f", {.write = true}));
    for (int i = 0; i < 20; ++i) {
      std::string text(1 + world.random().below(3000), static_cast<char>('a' + i));
      std::vector<Bytes> pieces = {as_bytes(text)};
      EXPECT_TRUE(world.wait((*file)->write(world.random().below(8000), pieces)));
      if (world.random().percent(20)) {
        EXPECT_TRUE(world.wait((*file)->sync()));
      }
    }
    EXPECT_TRUE(world.wait(directory->sync()));
    disk.crash(world.random());
    world.trace().add(as_text(disk.read_all("/d/f")));
  }
  world.trace().add("now", static_cast<std::uint64_t>(world.clock().now().count()));
  return world.trace().hash();
}

TEST(SimDisk, does_the_same_for_the_same_seed) {
  EXPECT_EQ(trace_of_random_work(1), trace_of_random_work(1));
  EXPECT_NE(trace_of_random_work(1), trace_of_random_work(2));
}

}  // namespace
}  // namespace varve
