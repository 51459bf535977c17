#include "rm/cow_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "base/bytes.h"

namespace varve {
namespace {

using Key = std::uint32_t;
using Model = std::map<Key, std::uint64_t>;

Record::Ptr record_of(std::uint64_t value) {
  return Record::make(bytes_of(value), kFirstGeneration);
}

std::uint64_t value_of(const Record* record) {
  std::uint64_t value = 0;
  std::memcpy(&value, record->bytes().data(), sizeof(value));
  return value;
}

void expect_equal(const CowView<Key>& view, const Model& model) {
  ASSERT_EQ(view.size(), model.size());
  auto cursor = view.seek(0);
  for (const auto& [key, value] : model) {
    ASSERT_FALSE(cursor.at_end());
    ASSERT_EQ(cursor.key(), key);
    ASSERT_EQ(value_of(cursor.record()), value);
    cursor.next();
  }
  ASSERT_TRUE(cursor.at_end());
}

class CowMapTest : public testing::Test {
 protected:
  void put(Key key, std::uint64_t value) {
    map.put(key, bytes_of(value));
    model[key] = value;
  }
  void erase(Key key) { ASSERT_EQ(map.erase(key), model.erase(key) == 1); }
  void reclaim_all() { generations.reclaim(SIZE_MAX); }

  struct Frozen {
    CowView<Key> view;
    Model model;
    ViewPin pin;
  };
  Frozen freeze() { return {map.view(), model, generations.freeze()}; }

  Generations generations;
  CowMap<Key> map{generations};
  Model model;
};

TEST_F(CowMapTest, is_empty_at_first) {
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_TRUE(map.view().seek(0).at_end());
  EXPECT_TRUE(map.view().lower_bound(0).at_end());
  EXPECT_FALSE(map.erase(1));
}

TEST_F(CowMapTest, replaces_what_is_there) {
  put(1, 10);
  put(1, 11);
  EXPECT_EQ(value_of(map.find(1)), 11u);
  EXPECT_EQ(map.size(), 1u);
}

TEST_F(CowMapTest, ascending_keys_fill_their_leaves) {
  for (Key key = 0; key < 100000; key++) put(key, key);
  map.check_invariants();
  expect_equal(map.view(), model);
  for (Key key = 0; key < 99990; key++) erase(key);  // from the front, as applications are removed
  map.check_invariants();
  expect_equal(map.view(), model);
}

TEST_F(CowMapTest, descending_keys) {
  for (Key key = 20000; key > 0; key--) put(key, key);
  map.check_invariants();
  expect_equal(map.view(), model);
}

TEST_F(CowMapTest, seeks_every_rank_and_bound) {
  for (Key key = 0; key < 5000; key++) put(key * 2, key);
  for (std::size_t rank = 0; rank < 5000; rank++) ASSERT_EQ(map.view().seek(rank).key(), rank * 2);
  EXPECT_TRUE(map.view().seek(5000).at_end());
  for (Key key = 0; key < 9998; key++) ASSERT_EQ(map.view().lower_bound(key).key(), (key + 1) / 2 * 2);
  EXPECT_TRUE(map.view().lower_bound(9999).at_end());
}

TEST_F(CowMapTest, a_frozen_view_stays_as_it_was) {
  for (Key key = 0; key < 1000; key++) put(key, key);
  const Frozen frozen = freeze();
  for (Key key = 0; key < 1000; key += 2) erase(key);
  for (Key key = 1; key < 2000; key += 2) put(key, key + 7);
  reclaim_all();
  expect_equal(frozen.view, frozen.model);
  expect_equal(map.view(), model);
}

TEST_F(CowMapTest, copies_each_node_at_most_once_for_a_view) {
  for (Key key = 0; key < 1000; key++) put(key, key);
  const Frozen frozen = freeze();
  for (int i = 0; i < 5; i++) put(500, 1);
  const std::uint64_t once = generations.copied_bytes();
  EXPECT_GT(once, 0u);
  put(500, 2);
  EXPECT_EQ(generations.copied_bytes(), once);
}

TEST_F(CowMapTest, copies_nothing_when_no_view_is_left) {
  for (Key key = 0; key < 1000; key++) put(key, key);
  { const Frozen frozen = freeze(); }
  reclaim_all();
  for (Key key = 0; key < 1000; key++) put(key, key + 1);
  EXPECT_EQ(generations.copied_bytes(), 0u);
  EXPECT_EQ(generations.retired_bytes(), 0u);
}

TEST_F(CowMapTest, frees_in_small_steps_what_no_view_sees) {
  for (Key key = 0; key < 1000; key++) put(key, key);
  {
    const Frozen frozen = freeze();
    for (Key key = 0; key < 1000; key++) put(key, key + 1);
    reclaim_all();
    EXPECT_GT(generations.retired_bytes(), 1000u * 8);
  }
  const std::uint64_t held = generations.retired_bytes();
  generations.reclaim(1);
  EXPECT_LT(generations.retired_bytes(), held);
  EXPECT_GT(generations.retired_bytes(), 0u);
  reclaim_all();
  EXPECT_EQ(generations.retired_bytes(), 0u);
}

TEST_F(CowMapTest, an_older_view_keeps_what_a_newer_one_does_not_see) {
  put(1, 10);
  auto older = std::make_unique<Frozen>(freeze());
  put(1, 11);
  auto newer = std::make_unique<Frozen>(freeze());
  put(1, 12);
  newer.reset();
  reclaim_all();
  put(1, 13);
  expect_equal(older->view, older->model);
  older.reset();
  reclaim_all();
  EXPECT_EQ(generations.retired_bytes(), 0u);
  expect_equal(map.view(), model);
}

// Every step is drawn from the seed: puts, erasures of single keys and of ranges, freezes, and releases in any order.
class RandomCowMapTest : public CowMapTest, public testing::WithParamInterface<unsigned> {};

TEST_P(RandomCowMapTest, is_as_a_map_is_and_so_is_every_view) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  std::mt19937_64 random(GetParam());
  const Key keys = GetParam() % 2 == 0 ? 300 : 20000;
  std::vector<Frozen> views;
  for (int step = 0; step < 20000; step++) {
    const auto key = static_cast<Key>(random() % keys);
    const unsigned what = random() % 1000;
    const bool growing = step / 4000 % 2 == 0;
    if (what < (growing ? 700u : 250u)) {
      put(key, random());
    } else if (what < 990) {
      erase(key);
    } else if (what < 994) {
      for (Key k = key; k < key + keys / 10; k++) erase(k);
    } else if (what < 997) {
      views.push_back(freeze());
    } else if (!views.empty()) {
      std::vector<Frozen> kept;
      const std::size_t dropped = random() % views.size();
      expect_equal(views[dropped].view, views[dropped].model);
      for (std::size_t i = 0; i < views.size(); i++)
        if (i != dropped) kept.push_back(std::move(views[i]));
      views = std::move(kept);
    }
    generations.reclaim(random() % 4);
    if (step % 500 == 0) map.check_invariants();
  }
  map.check_invariants();
  expect_equal(map.view(), model);
  for (const Frozen& frozen : views) expect_equal(frozen.view, frozen.model);
  for (Key k = 0; k < keys; k++) ASSERT_EQ(map.find(k) != nullptr, model.contains(k));
  views.clear();
  reclaim_all();
  EXPECT_EQ(generations.retired_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(seeds, RandomCowMapTest, testing::Range(0u, 24u));

TEST_F(CowMapTest, another_thread_reads_a_view_while_the_map_changes) {
  for (Key key = 0; key < 20000; key++) put(key, key);
  for (int round = 0; round < 5; round++) {
    auto frozen = std::make_unique<Frozen>(freeze());
    std::thread reader([frozen = std::move(frozen)]() mutable {
      expect_equal(frozen->view, frozen->model);
      frozen.reset();  // released on this thread
    });
    for (Key key = 0; key < 20000; key += 3) {
      put(key, key + round);
      generations.reclaim(8);
    }
    reader.join();
  }
  reclaim_all();
  EXPECT_EQ(generations.retired_bytes(), 0u);
}

CowRun<Key> run_of(Key first, Key end) {
  CowRun<Key> run;
  for (Key key = first; key < end; key++) EXPECT_TRUE(run.append(key, record_of(key)));
  return run;
}

TEST_F(CowMapTest, adopts_sorted_runs_of_any_length) {
  for (const Key length : {0u, 1u, 31u, 32u, 33u, 1000u, 1025u, 40000u}) {
    Generations own_generations;
    CowMap<Key> adopted(own_generations);
    std::vector<CowRun<Key>> runs;
    for (Key first = 0; first < length; first += 777) runs.push_back(run_of(first, std::min(first + 777, length)));
    runs.emplace_back();  // an empty chunk
    ASSERT_TRUE(adopted.adopt(std::move(runs)));
    adopted.check_invariants();
    ASSERT_EQ(adopted.size(), length);
    for (Key key = 0; key < length; key += 7) ASSERT_EQ(value_of(adopted.find(key)), key);
    for (Key key = 0; key < length; key += 2) ASSERT_TRUE(adopted.erase(key));
    for (Key key = length; key < 2 * length; key++) adopted.put(key, bytes_of(std::uint64_t{key}));
    adopted.check_invariants();
  }
}

TEST_F(CowMapTest, refuses_runs_out_of_order) {
  CowRun<Key> run = run_of(0, 10);
  EXPECT_FALSE(run.append(9, record_of(9)));
  EXPECT_FALSE(run.append(3, record_of(3)));
  std::vector<CowRun<Key>> overlapping;
  overlapping.push_back(run_of(0, 10));
  overlapping.push_back(run_of(9, 20));
  EXPECT_FALSE(map.adopt(std::move(overlapping)));
  EXPECT_EQ(map.size(), 0u);
}

TEST(CowMap, takes_keys_that_own_memory) {
  Generations generations;
  CowMap<std::string> map(generations);
  std::map<std::string, std::uint64_t> model;
  std::mt19937_64 random(5);
  for (int i = 0; i < 5000; i++) {
    const std::string key(random() % 40, static_cast<char>('a' + random() % 26));
    if (random() % 3 == 0) {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    } else {
      map.put(key, bytes_of(std::uint64_t{static_cast<unsigned>(i)}));
      model[key] = i;
    }
  }
  map.check_invariants();
  EXPECT_EQ(map.size(), model.size());
  for (const auto& [key, value] : model) EXPECT_EQ(value_of(map.find(key)), value);
}

}  // namespace
}  // namespace varve
