#include "tools/bench/load.h"

#include <semaphore>

#include "tools/bench/bench_report.h"

namespace varve {

void sleep_for(double seconds) {
  std::binary_semaphore never(0);
  (void)never.try_acquire_for(std::chrono::duration<double>(seconds));
}

LoadFigures measure_while(Engine& engine, Load& load, const std::function<void()>& work) {
  using Steady = std::chrono::steady_clock;
  const Status before = engine.status();
  const double cpu0 = process_cpu_seconds();
  Steady::time_point began;
  engine.inspect([&] {
    load.begin_measuring();
    began = Steady::now();
  });
  work();
  LoadFigures figures;
  engine.inspect([&] {
    figures.seconds = std::chrono::duration<double>(Steady::now() - began).count();
    figures.latencies = load.latencies();
    figures.longest_pause = load.longest_pause();
  });
  figures.cpu_seconds = process_cpu_seconds() - cpu0;
  const Status after = engine.status();
  figures.operations = static_cast<double>(figures.latencies.count());
  figures.frames = static_cast<double>(after.frames - before.frames);
  figures.frame_bytes = static_cast<double>(after.frame_bytes - before.frame_bytes);
  return figures;
}

LoadFigures measure(Engine& engine, Load& load, double warmup_seconds, double seconds) {
  sleep_for(warmup_seconds);
  return measure_while(engine, load, [seconds] { sleep_for(seconds); });
}

}  // namespace varve
