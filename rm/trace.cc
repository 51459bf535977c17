#include "rm/trace.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

#include "base/result.h"

namespace varve {
namespace {

constexpr std::size_t kColumns = 11;
constexpr std::array<std::string_view, 4> kPhases{"Running", "Failed", "Pending", "Succeeded"};
// Beyond any cluster's life; keeps sums of times and milliseconds far from overflow.
constexpr std::uint64_t kSecondsMax = 1ull << 40;

using Fields = std::array<std::string_view, kColumns>;

// Reads the fields of one line; the first error of a line is its error.
class LineParser {
 public:
  LineParser(std::string_view file_name, std::size_t line) : file_name_(file_name), line_(line) {}

  Result<TraceTask> parse(std::string_view text) const {
    ASSIGN_OR_RETURN(const Fields fields, split(text));
    TraceTask task{.name = std::string(fields[0]), .gpu_spec = std::string(fields[5]), .qos = std::string(fields[6])};
    if (task.name.empty()) return wrong("name is empty; expected the task's name");
    if (task.qos.empty()) return wrong("qos is empty; expected a class as LS, BE, Burstable or Guaranteed");
    ASSIGN_OR_RETURN(task.cpu_milli, number("cpu_milli", fields[1], UINT32_MAX));
    ASSIGN_OR_RETURN(task.memory_mib, number("memory_mib", fields[2], UINT32_MAX));
    ASSIGN_OR_RETURN(task.gpus, number("num_gpu", fields[3], UINT16_MAX));
    ASSIGN_OR_RETURN(task.gpu_milli, number("gpu_milli", fields[4], UINT32_MAX));
    ASSIGN_OR_RETURN(task.phase, phase(fields[7]));
    ASSIGN_OR_RETURN(task.creation_time, number("creation_time", fields[8], kSecondsMax));
    ASSIGN_OR_RETURN(task.deletion_time, number("deletion_time", fields[9], kSecondsMax));
    if (!fields[10].empty()) {
      ASSIGN_OR_RETURN(task.scheduled_time, number("scheduled_time", fields[10], kSecondsMax));
    }
    TRY(check_times(task));
    return task;
  }

  tl::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kInvalidArgument, fmt::format("reading the trace {}: line {}: {}", file_name_, line_, what));
  }

 private:
  Result<Fields> split(std::string_view text) const {
    if (text.find('"') != std::string_view::npos) return wrong("quoted fields are not supported");
    Fields fields;
    std::size_t count = 0;
    for (;;) {
      const std::size_t comma = text.find(',');
      if (count < kColumns) fields[count] = text.substr(0, comma);
      count++;
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
    }
    if (count != kColumns) return wrong(fmt::format("expected {} fields, found {}", kColumns, count));
    return fields;
  }

  Result<std::uint64_t> number(std::string_view column, std::string_view text, std::uint64_t max) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc() || end != text.end() || value > max)
      return wrong(fmt::format("{} is \"{}\"; expected a whole number from 0 to {}", column, text.substr(0, 40), max));
    return value;
  }

  Result<TraceTask::Phase> phase(std::string_view text) const {
    for (std::size_t i = 0; i < kPhases.size(); i++)
      if (text == kPhases[i]) return static_cast<TraceTask::Phase>(i);
    return wrong(fmt::format("pod_phase is \"{}\"; expected Running, Failed, Pending or Succeeded", text.substr(0, 40)));
  }

  Result<void> check_times(const TraceTask& task) const {
    const std::uint64_t scheduled = task.scheduled_time.value_or(task.creation_time);
    if (task.creation_time <= scheduled && scheduled <= task.deletion_time) return ok();
    return wrong(fmt::format("expected creation_time <= scheduled_time <= deletion_time, found {}, {}, {}", task.creation_time,
                             task.scheduled_time ? std::to_string(*task.scheduled_time) : "none", task.deletion_time));
  }

  std::string_view file_name_;
  std::size_t line_;
};

// Takes the next line off, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<std::vector<TraceTask>> parse_trace(std::string_view csv, std::string_view file_name) {
  std::size_t line = 1;
  if (const std::string_view header = take_line(csv); header != kTraceHeader)
    return LineParser(file_name, line).wrong(fmt::format("expected the header \"{}\", found \"{}\"", kTraceHeader, header.substr(0, 200)));
  std::vector<TraceTask> tasks;
  while (!csv.empty()) {
    line++;
    ASSIGN_OR_RETURN(TraceTask task, LineParser(file_name, line).parse(take_line(csv)));
    tasks.push_back(std::move(task));
  }
  if (tasks.empty()) return LineParser(file_name, line).wrong("there are no tasks behind the header");
  return tasks;
}

std::string format_trace(const std::vector<TraceTask>& tasks) {
  std::string csv(kTraceHeader);
  csv += '\n';
  for (const TraceTask& task : tasks) {
    fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{},{},{},{},{},{}\n", task.name, task.cpu_milli, task.memory_mib, task.gpus,
                   task.gpu_milli, task.gpu_spec, task.qos, kPhases[static_cast<std::size_t>(task.phase)], task.creation_time,
                   task.deletion_time, task.scheduled_time ? std::to_string(*task.scheduled_time) : "");
  }
  return csv;
}

}  // namespace varve
