#include "rm/trace_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/check.h"

namespace varve {
namespace {

constexpr std::uint64_t kMillis = 1000;
constexpr std::uint64_t kDay = 86'400'000;

// Sixteen bytes that look like a key.
rm::Data key_bytes(std::uint64_t number) {
  std::uint64_t words[2] = {(number + 1) * 0x9e3779b97f4a7c15, (number + 1) * 0xbf58476d1ce4e5b9};
  rm::Data key(sizeof(words));
  std::memcpy(key.data(), words, sizeof(words));
  return key;
}

rm::Resource resource_of(const TraceTask& task) {
  rm::Resource resource{.memory_mib = task.memory_mib, .vcores_milli = task.cpu_milli};
  if (task.gpus > 0) resource.others.push_back({"gpu_milli", task.gpus * task.gpu_milli});
  return resource;
}

rm::MasterKey master_key(std::uint64_t number, std::uint64_t now) {
  return {.id = static_cast<std::uint32_t>(number), .expiry_date = now + 7 * kDay, .key = key_bytes(number)};
}

template <typename Operation>
rm::Transaction only(Operation operation) {
  rm::Transaction transaction;
  transaction.emplace_back(std::move(operation));
  return transaction;
}

}  // namespace

TraceReplay::TraceReplay(std::vector<TraceTask> tasks, TraceReplayOptions options) : tasks_(std::move(tasks)), options_(options) {
  CHECK(!tasks_.empty() && tasks_.size() < UINT32_MAX, tasks_.size());
  for (const TraceTask& task : tasks_) round_seconds_ = std::max(round_seconds_, task.deletion_time + 1);
  events_.push_back({0, 0, Step::kRollKeys});
  for (std::uint32_t task = 0; task < tasks_.size(); task++) add_events(task);
  std::sort(events_.begin() + 1, events_.end(),
            [](const Event& a, const Event& b) { return std::tie(a.time, a.task, a.step) < std::tie(b.time, b.task, b.step); });
  end_rank_.resize(tasks_.size());
  for (const Event& event : events_) {
    if (event.step != Step::kEnd) continue;
    end_rank_[event.task] = static_cast<std::uint32_t>(end_order_.size());
    end_order_.push_back(event.task);
  }
}

void TraceReplay::add_events(std::uint32_t task) {
  const TraceTask& life = tasks_[task];
  events_.push_back({life.creation_time, task, Step::kSubmit});
  if (life.scheduled_time) {
    events_.push_back({*life.scheduled_time, task, Step::kStartAttempt});
    events_.push_back({*life.scheduled_time, task, Step::kRun});
    events_.push_back({life.deletion_time, task, Step::kEndAttempt});
  }
  events_.push_back({life.deletion_time, task, Step::kEnd});
}

rm::Transaction TraceReplay::transaction(std::uint64_t position) const {
  const std::uint64_t round = position / events_.size();
  const Event& event = events_[position % events_.size()];
  switch (event.step) {
    case Step::kRollKeys:
      return roll_keys(round);
    case Step::kSubmit:
      return submit(round, event.task);
    case Step::kStartAttempt:
      return only(rm::StoreAttempt{attempt(round, event.task)});
    case Step::kRun:
      return only(rm::UpdateApplication{launched(round, event.task)});
    case Step::kEndAttempt:
      return only(rm::UpdateAttempt{ended_attempt(round, event.task)});
    case Step::kEnd:
      return end(round, event.task);
  }
  CHECK(false, static_cast<int>(event.step));
  return {};
}

rm::ApplicationId TraceReplay::id_of(std::uint64_t round, std::uint32_t task) const {
  const std::uint64_t number = round * tasks_.size() + task + 1;
  CHECK(number <= UINT32_MAX, number);
  return {options_.cluster_timestamp, static_cast<std::uint32_t>(number)};
}

std::uint64_t TraceReplay::time_ms(std::uint64_t round, std::uint64_t time) const {
  return options_.cluster_timestamp + (round * round_seconds_ + time) * kMillis;
}

rm::Application TraceReplay::application(std::uint64_t round, std::uint32_t task) const {
  const TraceTask& life = tasks_[task];
  rm::Application application{.id = id_of(round, task),
                              .submit_time = time_ms(round, life.creation_time),
                              .start_time = time_ms(round, life.creation_time),
                              .user = fmt::format("user{}", task % 97)};
  application.context = {.name = life.name,
                         .queue = life.qos,
                         .type = "TASK",
                         .priority = life.qos == "BE" ? 0 : 10,
                         .max_attempts = 1,
                         .resource = resource_of(life),
                         .node_labels = life.gpu_spec};
  application.context.launch = rm::LaunchContext{.commands = {fmt::format("/opt/run {}", life.name)}};
  return application;
}

rm::Application TraceReplay::launched(std::uint64_t round, std::uint32_t task) const {
  rm::Application launched = application(round, task);
  launched.launch_time = time_ms(round, *tasks_[task].scheduled_time);
  return launched;
}

rm::Application TraceReplay::ended(std::uint64_t round, std::uint32_t task) const {
  const TraceTask& life = tasks_[task];
  rm::Application ended = life.scheduled_time ? launched(round, task) : application(round, task);
  ended.context.launch.reset();
  ended.finish_time = time_ms(round, life.deletion_time);
  if (!life.scheduled_time) {
    ended.state = rm::Application::State::kKilled;
    ended.diagnostics = "deleted before it was scheduled";
  } else if (life.phase == TraceTask::Phase::kFailed) {
    ended.state = rm::Application::State::kFailed;
    ended.diagnostics = fmt::format("{} failed", rm::to_string(rm::AttemptId{ended.id, 1}));
  } else {
    ended.state = rm::Application::State::kFinished;
  }
  return ended;
}

rm::Attempt TraceReplay::attempt(std::uint64_t round, std::uint32_t task) const {
  const TraceTask& life = tasks_[task];
  rm::Attempt attempt{.id = {id_of(round, task), 1}, .start_time = time_ms(round, *life.scheduled_time)};
  attempt.master_container = rm::Container{.id = attempt.id.application.id,
                                           .host = fmt::format("node-{:04}", (round + task) % 1523),
                                           .port = 8041,
                                           .resource = resource_of(life)};
  attempt.tokens = key_bytes(attempt.id.application.id);
  return attempt;
}

rm::Attempt TraceReplay::ended_attempt(std::uint64_t round, std::uint32_t task) const {
  const TraceTask& life = tasks_[task];
  const std::uint64_t seconds = life.deletion_time - *life.scheduled_time;
  const bool failed = life.phase == TraceTask::Phase::kFailed;
  rm::Attempt ended = attempt(round, task);
  ended.state = failed ? rm::Attempt::State::kFailed : rm::Attempt::State::kFinished;
  ended.final_status = failed ? rm::Attempt::FinalStatus::kFailed : rm::Attempt::FinalStatus::kSucceeded;
  ended.am_exit_status = failed ? 1 : 0;
  ended.finish_time = time_ms(round, life.deletion_time);
  ended.memory_seconds = life.memory_mib * seconds;
  ended.vcore_seconds = life.cpu_milli * seconds / 1000;
  ended.containers_allocated = 1;
  return ended;
}

// The two small classes carry tokens, so that a log shows every kind of operation.
bool TraceReplay::has_token(std::uint32_t task) const {
  return tasks_[task].qos == "Burstable" || tasks_[task].qos == "Guaranteed";
}

std::uint32_t TraceReplay::token_of(std::uint64_t round, std::uint32_t task) const {
  return id_of(round, task).id;
}

rm::Transaction TraceReplay::submit(std::uint64_t round, std::uint32_t task) const {
  rm::Application submitted = application(round, task);
  rm::Transaction transaction;
  if (has_token(task)) {
    transaction.emplace_back(rm::StoreToken{{.sequence_number = token_of(round, task),
                                             .master_key_id = static_cast<std::uint32_t>(round + 1),
                                             .owner = submitted.user,
                                             .renewer = "rm",
                                             .issue_date = submitted.submit_time,
                                             .max_date = submitted.submit_time + 7 * kDay,
                                             .renew_date = submitted.submit_time + kDay}});
  }
  transaction.emplace_back(rm::StoreApplication{std::move(submitted)});
  return transaction;
}

rm::Transaction TraceReplay::end(std::uint64_t round, std::uint32_t task) const {
  rm::Transaction transaction = only(rm::UpdateApplication{ended(round, task)});
  if (has_token(task)) transaction.emplace_back(rm::RemoveToken{token_of(round, task)});
  const std::uint64_t ended_before = round * tasks_.size() + end_rank_[task];
  if (options_.completed_max > 0 && ended_before >= options_.completed_max) {
    const std::uint64_t oldest = ended_before - options_.completed_max;
    transaction.emplace_back(rm::RemoveApplication{id_of(oldest / tasks_.size(), end_order_[oldest % tasks_.size()])});
  }
  return transaction;
}

rm::Transaction TraceReplay::roll_keys(std::uint64_t round) const {
  const std::uint64_t now = time_ms(round, 0);
  rm::Transaction transaction = only(rm::StoreMasterKey{master_key(round + 1, now)});
  if (round >= 2) transaction.emplace_back(rm::RemoveMasterKey{static_cast<std::uint32_t>(round - 1)});
  transaction.emplace_back(rm::StoreAmrmTokens{{.current = master_key(round + 1, now), .next = master_key(round + 2, now)}});
  return transaction;
}

}  // namespace varve
