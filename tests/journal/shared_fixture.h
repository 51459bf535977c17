// Several processes on one shared directory, each with its own journal object. Verbs name the process by its number.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "journal/shared_journal.h"

namespace varve {

class SharedFixture : public ::testing::Test {
 protected:
  static constexpr const char* kPath = "/mnt/journal";

  SharedFixture() {
    options_.segment_bytes = 64u << 10;
    options_.disk_reserve_bytes = 128u << 10;
    world_.disk().add_directory("/mnt");
  }
  ~SharedFixture() noexcept override {}

  struct Process {
    kj::Own<SharedJournal> journal;
    kj::Own<JournalWriter> writer;
  };

  Result<void> try_open(int process) {
    auto journal = world_.wait(SharedJournal::open(world_.seams(), kPath, options_, roll_));
    if (!journal) return fail(journal.error());
    at(process).journal = kj::mv(*journal);
    return {};
  }
  void open(int process) {
    const auto opened = try_open(process);
    ASSERT_TRUE(opened) << opened.error().text();
  }
  Task<Result<kj::Own<JournalWriter>>> stand(int process) {
    SchemaInfo schema{.compiled = "", .transaction_type = 0, .name = "letters"};
    return Task<Result<kj::Own<JournalWriter>>>(
        at(process).journal->become_writer(fmt::format("rm{}", process), "host", std::move(schema)));
  }
  Result<void> try_lead(int process) {
    auto writer = world_.wait(stand(process));
    if (!writer) return fail(writer.error());
    at(process).writer = kj::mv(*writer);
    return {};
  }
  void lead(int process) {
    if (at(process).journal.get() == nullptr) open(process);
    const auto led = try_lead(process);
    ASSERT_TRUE(led) << led.error().text();
  }
  void kill(int process) {
    at(process).writer = nullptr;
    at(process).journal = nullptr;
  }
  kj::Promise<Result<FramePtr>> append_later(int process, std::vector<std::string> transactions) {
    std::uint64_t space = 0;
    for (const auto& t : transactions) space += transaction_space(t.size());
    FrameBuilder builder(space);
    for (const auto& t : transactions) builder.add(as_bytes(t));
    return at(process).writer->append(kj::mv(builder), RunOn::kDiskThread);
  }
  FramePtr append(int process, std::vector<std::string> transactions) {
    auto frame = world_.wait(append_later(process, std::move(transactions)));
    EXPECT_TRUE(frame) << frame.error().text();
    return frame ? *frame : nullptr;
  }
  Error append_fails(int process, std::string transaction) {
    auto frame = world_.wait(append_later(process, {std::move(transaction)}));
    EXPECT_FALSE(frame);
    return frame ? Error(ErrorCode::kBusy, "it succeeded") : frame.error();
  }
  kj::Own<LogReader> reader(int process, LogPosition after) {
    auto reader = world_.wait(at(process).journal->read_after(after));
    EXPECT_TRUE(reader) << reader.error().text();
    if (!reader) return {};
    return kj::mv(*reader);
  }
  // "first..last" of control frames with their kind, the texts of data.
  std::vector<std::string> read(LogReader& reader) {
    std::vector<std::string> out;
    while (true) {
      auto next = world_.wait(reader.next());
      EXPECT_TRUE(next) << next.error().text();
      if (!next || next->empty()) break;
      for (const FrameView& f : *next) describe(f, out);
    }
    return out;
  }
  std::vector<std::string> read_all(int process) {
    auto all = reader(process, at(process).journal->start());
    return all.get() == nullptr ? std::vector<std::string>() : read(*all);
  }
  std::string epoch_path(int epoch) const { return fmt::format("{}/epochs/{:019}", kPath, epoch); }
  std::string log_path(int epoch) const { return fmt::format("{}/epoch_{:019}", kPath, epoch); }
  std::vector<std::string> segments_of(int epoch) {
    std::vector<std::string> names;
    for (const std::string& name : world_.disk().list(log_path(epoch)))
      if (name.starts_with("edits_") && name != kPreparedFile) names.push_back(name);
    return names;
  }

  Process& at(int process) { return processes_.at(static_cast<std::size_t>(process)); }

  SimWorld world_{1};
  LocalLogOptions options_;
  RollPolicy roll_;
  std::array<Process, 4> processes_;

 private:
  static void describe(const FrameView& f, std::vector<std::string>& out) {
    if (f.header->frame_kind() != FrameKind::kData) {
      out.push_back(fmt::format("{}{}", "?DSEC"[f.header->kind], f.header->epoch));
      return;
    }
    for (TransactionCursor c = f.transactions(); c.next();) out.emplace_back(as_text(c.bytes()).substr(0, 8));
  }
};

}  // namespace varve
