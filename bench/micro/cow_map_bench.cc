// The copy-on-write map: filling, changing in place, changing beside a frozen view, looking up.
#include <benchmark/benchmark.h>

#include <array>

#include "base/bytes.h"
#include "rm/cow_map.h"
#include "rm/keys.h"

namespace varve {
namespace {

constexpr std::array<std::uint64_t, 24> kWords{};  // a record of 192 bytes

struct Table {
  Generations generations;
  CowMap<ApplicationKey> map{generations};

  explicit Table(std::uint64_t records) {
    for (std::uint64_t id = 0; id < records; ++id) put(id);
  }
  void put(std::uint64_t id) { map.put({1, id}, bytes_of(kWords)); }
};

// Goes through the keys without a pattern.
class Steps {
 public:
  explicit Steps(std::int64_t records) : records_(static_cast<std::uint64_t>(records)) {}
  std::uint64_t next() { return at_ = (at_ + 2654435761u) % records_; }

 private:
  std::uint64_t records_;
  std::uint64_t at_ = 0;
};

void cow_append(benchmark::State& state) {
  for (auto _ : state) {
    Table table(static_cast<std::uint64_t>(state.range(0)));
    benchmark::DoNotOptimize(table.map.size());
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(cow_append)->Arg(1000)->Arg(100'000);

void cow_replace(benchmark::State& state) {
  Table table(static_cast<std::uint64_t>(state.range(0)));
  Steps steps(state.range(0));
  for (auto _ : state) table.put(steps.next());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(cow_replace)->Arg(1000)->Arg(1'000'000);

void cow_replace_beside_view(benchmark::State& state) {
  Table table(static_cast<std::uint64_t>(state.range(0)));
  Steps steps(state.range(0));
  const ViewPin view = table.generations.freeze();
  for (auto _ : state) table.put(steps.next());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(cow_replace_beside_view)->Arg(1'000'000)->Iterations(200'000);

void cow_find(benchmark::State& state) {
  Table table(static_cast<std::uint64_t>(state.range(0)));
  Steps steps(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(table.map.find({1, steps.next()}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(cow_find)->Arg(1000)->Arg(1'000'000);

}  // namespace
}  // namespace varve
