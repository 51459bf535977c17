// What the tests with a writer process share: its verbs. The tested directory and the record of what was promised lie apart.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/process/child_process.h"
#include "tests/process/outside_record.h"
#include "tests/process/scratch_directory.h"

namespace varve {

class WriterTest : public ::testing::Test {
 protected:
  WriterTest();

  // Options of the writer, for all that is started from now on.
  std::vector<std::string> options;

  const std::string& scratch() const { return scratch_.path(); }
  std::string record_path() const { return scratch() + "/record"; }
  // The tested directory; a mounted file system may take its place.
  void use_home(std::string home) { home_ = std::move(home); }
  const std::string& home() const { return home_; }
  OutsideRecord& record() { return *record_; }

  virtual Launch writer(const std::string& mode, std::vector<std::string> more = {}) const;
  void start(Launch launch);
  ChildProcess& process() { return *process_; }
  // Waits until a process just started is open and `count` more are acknowledged.
  void wait_for_acknowledged(std::uint64_t count);
  // Waits until one that is open has acknowledged `count` more.
  void wait_for_more(std::uint64_t count);
  void kill();

  // Opens, compares with the record, submits some more; what is wrong, or an empty string.
  std::string check(std::vector<std::string> more = {});
  Ran try_check(std::vector<std::string> more = {}) { return run(writer("check", std::move(more))); }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  unsigned seed() const { return seed_; }

 private:
  ScratchDirectory scratch_;
  std::string home_;
  std::unique_ptr<OutsideRecord> record_;
  std::unique_ptr<ChildProcess> process_;
  std::uint64_t starts_before_ = 0;
  unsigned seed_;
  std::mt19937_64 random_;
};

// A program that must be there, or the test is skipped with a word.
#define VARVE_NEEDS_PROGRAM(name) \
  if (::varve::find_program(name).empty()) GTEST_SKIP() << (name) << " is not installed"
#define VARVE_NEEDS_ROOT \
  if (geteuid() != 0) GTEST_SKIP() << "only root may do this"

}  // namespace varve
