#include "tests/process/writer_test.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace varve {

WriterTest::WriterTest() : home_(scratch_.path() + "/home"), seed_(std::random_device{}()), random_(seed_) {
  mkdir(home_.c_str(), 0700);
  auto record = OutsideRecord::open(record_path());
  if (!record) throw std::runtime_error(record.error().text());
  record_ = std::move(*record);
  RecordProperty("seed", std::to_string(seed_));
}

Launch WriterTest::writer(const std::string& mode, std::vector<std::string> more) const {
  Launch launch;
  launch.command = {VARVE_CRASH_WRITER, mode, home_, record_path()};
  launch.command.insert(launch.command.end(), options.begin(), options.end());
  launch.command.insert(launch.command.end(), more.begin(), more.end());
  return launch;
}

void WriterTest::wait_for_acknowledged(std::uint64_t count) {
  ASSERT_TRUE(process().wait_until([&] { return record().starts() > starts_before_; })) << process().output();
  wait_for_more(count);
}

void WriterTest::start(Launch launch) {
  starts_before_ = record().starts();
  process_ = std::make_unique<ChildProcess>(launch);
}

void WriterTest::wait_for_more(std::uint64_t count) {
  const std::uint64_t target = record().acknowledged() + count;
  ASSERT_TRUE(process().wait_until([&] { return record().acknowledged() >= target; })) << process().output();
}

void WriterTest::kill() {
  process().signal(SIGKILL);
  EXPECT_EQ(process().wait(), 128 + SIGKILL) << process().output();
}

std::string WriterTest::check(std::vector<std::string> more) {
  const Ran ran = try_check(std::move(more));
  return ran.status == 0 ? "" : "exit status " + std::to_string(ran.status) + ": " + ran.output;
}

}  // namespace varve
