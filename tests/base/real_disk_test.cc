#include "base/real/real_disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/real/real_seams.h"
#include "base/task.h"
#include "tests/support/temp_directory.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RealDiskTest : public testing::TestWithParam<RunOn> {
 protected:
  RealDiskTest() { directory_ = must(disk_.open_directory(temp_.path())); }
  ~RealDiskTest() noexcept override {}

  template <typename T>
  T must(kj::Promise<Result<T>> promise) {
    Result<T> result = real_.mailbox().run_until(kj::mv(promise));
    if (!result) throw std::runtime_error(result.error().text());
    if constexpr (!std::is_void_v<T>) return kj::mv(*result);
  }
  template <typename T>
  Error error_of(kj::Promise<Result<T>> promise) {
    Result<T> result = real_.mailbox().run_until(kj::mv(promise));
    if (result) throw std::runtime_error("it succeeded");
    return result.error();
  }
  static std::vector<Bytes> one(Bytes bytes) { return {bytes}; }
  kj::Own<File> create(const std::string& name, OpenMode mode = {.write = true}) { return must(directory_->create(name, mode)); }
  std::string contents(const std::string& name) {
    std::ifstream stream(temp_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  unsigned mode_of(const std::string& path) {
    struct stat stat;
    EXPECT_EQ(::stat(path.c_str(), &stat), 0);
    return stat.st_mode & 07777;
  }

  TempDirectory temp_;
  RealSeams real_;
  Disk& disk_ = real_.seams().disk;
  kj::Own<Directory> directory_;
};

TEST_P(RealDiskTest, writes_pieces_and_reads_them_back) {
  auto file = create("f");
  must(file->write(3, {as_bytes("abc"), {}, as_bytes("def")}, GetParam()));
  must(file->sync());
  EXPECT_EQ(must(file->size()), 9u);
  std::array<std::byte, 20> out;
  EXPECT_EQ(must(file->read(2, out)), 7u);
  EXPECT_EQ(as_text(out).substr(0, 7), std::string_view("\0abcdef", 7));
  EXPECT_EQ(must(file->read(9, out)), 0u);
  EXPECT_EQ(contents("f"), std::string("\0\0\0abcdef", 9));
}

TEST_P(RealDiskTest, writes_more_pieces_than_one_call_takes) {
  auto file = create("f");
  std::string letters = "abcdefghijklmnopqrstuvwxyz";
  std::vector<Bytes> pieces;
  std::string expected;
  for (std::size_t i = 0; i < 3000; ++i) {
    pieces.push_back(as_bytes(std::string_view(letters).substr(i % 26, 1 + i % 3)));
    expected += as_text(pieces.back());
  }
  must(file->write(0, pieces, GetParam()));
  EXPECT_EQ(contents("f"), expected);
  must(file->write_durably(0, pieces, GetParam()));
  EXPECT_EQ(contents("f"), expected);
}

TEST_P(RealDiskTest, writes_durably_with_and_without_the_page_cache) {
  for (bool direct : {false, true}) {
    std::string name = direct ? "direct" : "buffered";
    auto file = create(name, {.write = true, .direct = direct});
    must(file->preallocate(16384));
    AlignedBuffer buffer(4096);
    std::fill_n(buffer.data(), 4096, std::byte{'x'});
    must(file->write_durably(512, {buffer.span(0, 512), buffer.span(1024, 1024)}, GetParam()));
    must(file->write_durably(4096, one(buffer.span(0, 4096)), GetParam()));
    std::string expected(16384, '\0');
    expected.replace(512, 1536, 1536, 'x').replace(4096, 4096, 4096, 'x');
    EXPECT_EQ(contents(name), expected);
    std::vector<std::byte> out(16384);
    EXPECT_EQ(must(file->read(0, out)), 16384u);
    EXPECT_EQ(as_text(out), expected);
  }
}

TEST_P(RealDiskTest, reads_past_the_page_cache_what_is_aligned_and_through_it_what_is_not) {
  std::string written;
  for (int i = 0; i < 10'000; ++i) written.push_back(static_cast<char>('a' + i % 23));
  auto file = create("f");
  must(file->write(0, one(as_bytes(written)), GetParam()));
  auto direct = must(directory_->open("f", {.direct = true}));
  AlignedBuffer buffer(16384);
  for (const std::size_t offset : {0, 512, 4096, 9728, 1, 513})
    for (const std::size_t bytes : {512, 4096, 16384, 1, 511, 513, 5000}) {
      const std::string expected = written.substr(offset, bytes);
      EXPECT_EQ(must(direct->read(offset, buffer.span(0, bytes))), expected.size()) << offset << " " << bytes;
      EXPECT_EQ(as_text(Bytes(buffer.span(0, expected.size()))), expected) << offset << " " << bytes;
    }
  EXPECT_EQ(must(direct->read(10'240, buffer.span(0, 512))), 0u);
}

TEST_P(RealDiskTest, mixes_buffered_and_direct_writes_of_one_file) {
  auto file = create("f", {.write = true, .direct = true});
  AlignedBuffer buffer(512);
  std::string expected;
  for (int i = 0; i < 64; ++i) {
    char letter = static_cast<char>('A' + i);
    std::fill_n(buffer.data(), 512, static_cast<std::byte>(letter));
    if (i % 2 == 0)
      must(file->write(i * 512, one(buffer.span(0, 512)), GetParam()));
    else
      must(file->write_durably(i * 512, one(buffer.span(0, 512)), GetParam()));
    expected += std::string(512, letter);
  }
  EXPECT_EQ(contents("f"), expected);
}

TEST_P(RealDiskTest, resolves_a_hundred_thousand_small_writes_without_deepening_the_stack) {
  auto file = create("f");
  AlignedBuffer buffer(512);
  std::fill_n(buffer.data(), 512, std::byte{'x'});
  auto write_all = [](File& target, Bytes bytes, RunOn where) -> Task<Result<void>> {
    std::uint64_t count = where == RunOn::kInline ? 100'000 : 2'000;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::vector<Bytes> pieces = {bytes};
      Result<void> written = co_await target.write(i % 64 * 512, pieces, where);
      if (!written) co_return written;
    }
    co_return Result<void>();
  };
  must(kj::Promise<Result<void>>(write_all(*file, buffer.span(0, 512), GetParam())));
  EXPECT_EQ(must(file->size()), 64u * 512);
}

INSTANTIATE_TEST_SUITE_P(On, RealDiskTest, testing::Values(RunOn::kDiskThread, RunOn::kInline),
                         [](const auto& chosen) { return chosen.param == RunOn::kInline ? "loop" : "thread"; });

class RealDirectoryTest : public RealDiskTest {};

TEST_P(RealDirectoryTest, makes_files_and_directories_for_the_owner_only) {
  create("f");
  EXPECT_EQ(mode_of(temp_.path("f")), 0600u);
  must(disk_.create_directory(temp_.path("d")));
  EXPECT_EQ(mode_of(temp_.path("d")), 0700u);
  must(disk_.create_directory(temp_.path("d/")));
  EXPECT_THAT(must(directory_->list()), ElementsAre("d", "f"));
}

TEST_P(RealDirectoryTest, renames_replaces_and_removes) {
  must(create("a")->write(0, one(as_bytes("A"))));
  must(create("b")->write(0, one(as_bytes("B"))));
  must(directory_->rename("a", "b"));
  must(directory_->sync());
  EXPECT_THAT(must(directory_->list()), ElementsAre("b"));
  EXPECT_EQ(contents("b"), "A");
  must(directory_->remove("b"));
  EXPECT_THAT(must(directory_->list()), ElementsAre());
}

TEST_P(RealDirectoryTest, truncates_and_preallocates) {
  auto file = create("f");
  must(file->write(0, one(as_bytes("abcdef"))));
  must(file->truncate(3));
  must(file->preallocate(10));
  EXPECT_EQ(contents("f"), std::string("abc\0\0\0\0\0\0\0", 10));
  must(file->preallocate(5));
  EXPECT_EQ(must(file->size()), 10u);
}

TEST_P(RealDirectoryTest, says_what_failed_at_which_path) {
  create("f");
  EXPECT_EQ(error_of(directory_->create("f", {.write = true})).code(), ErrorCode::kExists);
  Error missing = error_of(directory_->open("g", {}));
  EXPECT_EQ(missing.code(), ErrorCode::kNotFound);
  EXPECT_EQ(missing.text(), "opening " + temp_.path("g") + ": No such file or directory");
  EXPECT_EQ(error_of(directory_->rename("g", "h")).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(directory_->remove("g")).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.open_directory(temp_.path("g"))).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.open_directory(temp_.path("f"))).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.create_directory(temp_.path("g/h"))).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(disk_.create_directory(temp_.path("f"))).code(), ErrorCode::kNotFound);
}

TEST_P(RealDirectoryTest, refuses_what_is_not_a_regular_file_without_hanging) {
  ASSERT_EQ(::mkfifo(temp_.path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mkdir(temp_.path("dir").c_str(), 0700), 0);
  EXPECT_THAT(error_of(directory_->open("pipe", {})).text(), HasSubstr("expected a regular file"));
  EXPECT_EQ(error_of(directory_->open("dir", {})).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of(directory_->open("dir", {.write = true})).code(), ErrorCode::kInvalidArgument);
}

TEST_P(RealDirectoryTest, excludes_a_second_holder_of_a_lock) {
  auto lock = must(directory_->lock());
  auto second = must(disk_.open_directory(temp_.path()));
  Error error = error_of(second->lock());
  EXPECT_EQ(error.code(), ErrorCode::kLocked);
  EXPECT_THAT(error.text(), HasSubstr("process " + std::to_string(::getpid()) + " holds it"));
  lock = nullptr;
  must(second->lock());
}

TEST_P(RealDirectoryTest, follows_its_directory_when_that_is_renamed) {
  auto directory = must(disk_.create_directory(temp_.path("old")));
  ASSERT_EQ(::rename(temp_.path("old").c_str(), temp_.path("new").c_str()), 0);
  must(directory->create("f"));
  EXPECT_THAT(must(must(disk_.open_directory(temp_.path("new")))->list()), ElementsAre("f"));
}

TEST_P(RealDirectoryTest, knows_the_free_space) {
  EXPECT_GT(must(directory_->free_bytes()), 0u);
}

TEST_P(RealDirectoryTest, waits_for_an_operation_whose_promise_is_dropped) {
  auto file = create("f");
  std::vector<std::byte> bytes(1 << 20, std::byte{'x'});
  for (int i = 0; i < 20; ++i) auto dropped = file->write(0, one(bytes));
  std::fill(bytes.begin(), bytes.end(), std::byte{'y'});  // the memory is ours again
  file = nullptr;
}

TEST_P(RealDirectoryTest, keeps_the_file_open_while_operations_are_under_way) {
  auto file = create("f");
  auto writing = file->write(0, one(as_bytes("abc")));
  file = nullptr;
  must(kj::mv(writing));
  EXPECT_EQ(contents("f"), "abc");
}

INSTANTIATE_TEST_SUITE_P(On, RealDirectoryTest, testing::Values(RunOn::kDiskThread), [](const auto&) { return "thread"; });

}  // namespace
}  // namespace varve
