#include "rm/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "rm/encoder.h"
#include "rm/rm_state.h"
#include "rm/snapshot.h"
#include "rm/trace_generator.h"
#include "rm/trace_replay.h"

namespace varve {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kLine = "openb-pod-0001,6000,12288,1,460,,LS,Running,427061,12902960,427062\n";

std::string csv_of(std::string_view lines) {
  return std::string(kTraceHeader) + "\n" + std::string(lines);
}

std::string error_of(std::string_view csv) {
  const auto tasks = parse_trace(csv, "trace.csv");
  EXPECT_FALSE(tasks);
  EXPECT_EQ(tasks.error().code(), ErrorCode::kInvalidArgument);
  return tasks.error().text();
}

TEST(Trace, reads_every_column) {
  const auto tasks = parse_trace(csv_of(kLine), "trace.csv");
  ASSERT_TRUE(tasks) << tasks.error().text();
  EXPECT_THAT(*tasks, ElementsAre(TraceTask{.name = "openb-pod-0001",
                                            .cpu_milli = 6000,
                                            .memory_mib = 12288,
                                            .gpus = 1,
                                            .gpu_milli = 460,
                                            .qos = "LS",
                                            .phase = TraceTask::Phase::kRunning,
                                            .creation_time = 427061,
                                            .deletion_time = 12902960,
                                            .scheduled_time = 427062}));
}

TEST(Trace, takes_the_line_ends_of_other_systems_and_none_at_the_end) {
  const auto tasks =
      parse_trace(std::string(kTraceHeader) + "\r\na,1,1,0,0,,BE,Pending,1,2,\r\nb,1,1,0,0,V100M16|V100M32,BE,Failed,1,2,1", "trace.csv");
  ASSERT_TRUE(tasks) << tasks.error().text();
  EXPECT_FALSE(tasks->at(0).scheduled_time);
  EXPECT_EQ(tasks->at(1).scheduled_time, 1u);
  EXPECT_EQ(tasks->at(1).gpu_spec, "V100M16|V100M32");
}

TEST(Trace, names_file_and_line_of_what_is_wrong) {
  EXPECT_THAT(error_of(""), AllOf(HasSubstr("trace.csv: line 1"), HasSubstr("expected the header")));
  EXPECT_THAT(error_of("name,cpu\n"), HasSubstr("line 1"));
  EXPECT_THAT(error_of(csv_of("")), HasSubstr("no tasks"));
  const std::string good(kLine);
  EXPECT_THAT(error_of(csv_of(good + "a,b\n")), AllOf(HasSubstr("line 3"), HasSubstr("expected 11 fields, found 2")));
  EXPECT_THAT(error_of(csv_of(good + "\n")), HasSubstr("line 3"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,0,,LS,Running,1,2,1,9\n")), HasSubstr("found 12"));
  EXPECT_THAT(error_of(csv_of(",1,1,0,0,,LS,Running,1,2,1\n")), HasSubstr("name"));
  EXPECT_THAT(error_of(csv_of("a,x,1,0,0,,LS,Running,1,2,1\n")), HasSubstr("cpu_milli is \"x\""));
  EXPECT_THAT(error_of(csv_of("a,1,-1,0,0,,LS,Running,1,2,1\n")), HasSubstr("memory_mib"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0.5,0,,LS,Running,1,2,1\n")), HasSubstr("num_gpu"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,,,LS,Running,1,2,1\n")), HasSubstr("gpu_milli"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,0,,,Running,1,2,1\n")), HasSubstr("qos"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,0,,LS,Sleeping,1,2,1\n")), HasSubstr("pod_phase is \"Sleeping\""));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,0,,LS,Running,99999999999999999999,2,1\n")), HasSubstr("creation_time"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,0,,LS,Running,3,2,3\n")), HasSubstr("creation_time <= scheduled_time <= deletion_time"));
  EXPECT_THAT(error_of(csv_of("a,1,1,0,0,,LS,Running,1,2,3\n")), HasSubstr("found 1, 3, 2"));
  EXPECT_THAT(error_of(csv_of("\"a\",1,1,0,0,,LS,Running,1,2,1\n")), HasSubstr("quoted"));
}

TEST(Trace, survives_every_flipped_byte_and_every_cut) {
  const std::string good = csv_of(kLine);
  for (std::size_t i = 0; i < good.size(); i++) {
    std::string flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x11);
    const auto tasks = parse_trace(flipped, "trace.csv");
    if (tasks) {
      EXPECT_NE(format_trace(*tasks), good);
    }
    (void)parse_trace(good.substr(0, i), "trace.csv");
  }
}

TEST(Trace, the_production_trace_is_read_whole) {
  const char* path = std::getenv("VARVE_TRACE");
  std::ifstream file(path != nullptr ? path : VARVE_SOURCE_DIR "/../shared/data/openb_pod_list_default.csv");
  if (!file) GTEST_SKIP() << "openb_pod_list_default.csv is not here; set VARVE_TRACE to its path";
  std::stringstream csv;
  csv << file.rdbuf();
  const auto tasks = parse_trace(csv.str(), "openb_pod_list_default.csv");
  ASSERT_TRUE(tasks) << tasks.error().text();
  EXPECT_EQ(tasks->size(), 8152u);
  EXPECT_EQ(format_trace(*tasks), csv.str());
}

TEST(TraceGenerator, repeats_itself_for_a_seed) {
  EXPECT_EQ(generate_trace(500, 1), generate_trace(500, 1));
  EXPECT_NE(generate_trace(500, 1), generate_trace(500, 2));
}

TEST(TraceGenerator, is_a_trace_that_can_be_read) {
  const auto trace = generate_trace(2000, 3);
  EXPECT_EQ(parse_trace(format_trace(trace), "generated").value(), trace);
}

TEST(TraceGenerator, has_the_mix_of_the_production_trace) {
  std::map<TraceTask::Phase, double> percent;
  const auto trace = generate_trace(20000, 7);
  for (const TraceTask& task : trace) {
    percent[task.phase] += 100.0 / 20000;
    EXPECT_EQ(task.scheduled_time.has_value(), task.phase != TraceTask::Phase::kPending);
  }
  EXPECT_NEAR(percent[TraceTask::Phase::kRunning], 64, 2);
  EXPECT_NEAR(percent[TraceTask::Phase::kFailed], 23, 2);
  EXPECT_NEAR(percent[TraceTask::Phase::kPending], 11, 2);
  EXPECT_NEAR(percent[TraceTask::Phase::kSucceeded], 2, 1);
}

class TraceReplayTest : public testing::Test {
 protected:
  static TraceTask task(std::string name, TraceTask::Phase phase, std::uint64_t creation, std::optional<std::uint64_t> scheduled,
                        std::uint64_t deletion) {
    return {.name = std::move(name),
            .qos = "LS",
            .phase = phase,
            .creation_time = creation,
            .deletion_time = deletion,
            .scheduled_time = scheduled};
  }
  void replay(const TraceReplay& trace, std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t position = first; position < end; position++) {
      const rm::Transaction transaction = trace.transaction(position);
      const EncodedTransaction encoded(transaction);
      ASSERT_FALSE(RmState::refused(state.apply(TxId{position + 1}, encoded.bytes())));
    }
  }
  rm::Snapshot snapshot() { return snapshot_of(*state.view()).value(); }

  RmState state;
};

TEST_F(TraceReplayTest, lives_through_each_kind_of_task) {
  using Phase = TraceTask::Phase;
  const TraceReplay trace({task("runs", Phase::kRunning, 0, 5, 100), task("fails", Phase::kFailed, 1, 6, 50),
                           task("waits", Phase::kPending, 2, std::nullopt, 60), task("succeeds", Phase::kSucceeded, 3, 7, 70)},
                          {});
  EXPECT_EQ(trace.transactions_per_round(), 1 + 3 * 5 + 2u);
  replay(trace, 0, trace.transactions_per_round());
  std::map<std::string, rm::Application::State> states;
  for (const auto& [id, application] : snapshot().applications) {
    states[application.context.name] = application.state;
    EXPECT_GT(application.finish_time, application.submit_time);
  }
  using State = rm::Application::State;
  EXPECT_EQ(states, (std::map<std::string, State>{
                        {"runs", State::kFinished}, {"fails", State::kFailed}, {"waits", State::kKilled}, {"succeeds", State::kFinished}}));
  EXPECT_EQ(snapshot().attempts.size(), 3u);
}

TEST_F(TraceReplayTest, goes_through_the_states_in_the_order_of_time) {
  const TraceReplay trace({task("runs", TraceTask::Phase::kRunning, 10, 20, 30)}, {});
  std::vector<std::string> names;
  for (std::uint64_t position = 0; position < trace.transactions_per_round(); position++)
    names.emplace_back(rm::name_of(trace.transaction(position).front()));
  EXPECT_THAT(names, ElementsAre("store_master_key", "store_application", "store_attempt", "update_application", "update_attempt",
                                 "update_application"));
}

TEST_F(TraceReplayTest, never_keeps_more_completed_applications_than_its_limit) {
  const TraceReplay trace(generate_trace(50, 1), {.completed_max = 120});
  for (std::uint64_t position = 0; position < 5 * trace.transactions_per_round(); position += 10) {
    replay(trace, position, position + 10);
    ASSERT_LE(completed_applications(*state.view())->size(), 120u);
  }
  EXPECT_EQ(completed_applications(*state.view())->size(), 120u);
  EXPECT_LE(snapshot().attempts.size(), 170u);
  EXPECT_LE(snapshot().tokens.size(), 50u);
  EXPECT_EQ(snapshot().master_keys.size(), 2u);
}

TEST_F(TraceReplayTest, gives_every_round_new_ids) {
  const TraceReplay trace(generate_trace(20, 1), {.completed_max = 0});
  replay(trace, 0, 4 * trace.transactions_per_round());
  EXPECT_EQ(snapshot().applications.size(), 80u);
}

TEST_F(TraceReplayTest, resumes_anywhere) {
  const TraceReplay trace(generate_trace(50, 9), {.completed_max = 20});
  const std::uint64_t end = 3 * trace.transactions_per_round();
  replay(trace, 0, end);
  const rm::Snapshot expected = snapshot();
  state.reset();
  replay(trace, 0, end / 2);
  const TraceReplay again(generate_trace(50, 9), {.completed_max = 20});
  replay(again, end / 2, end);
  EXPECT_EQ(snapshot(), expected);
}

}  // namespace
}  // namespace varve
