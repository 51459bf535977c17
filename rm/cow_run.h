// A sorted run of records, made on any thread, that becomes part of a CowMap without being touched again.
#pragma once

#include <memory>
#include <vector>

#include "rm/cow_node.h"

namespace varve {

template <typename Key>
class CowRun {
 public:
  // False, and nothing is taken, when `key` is not above the last one.
  bool append(const Key& key, Record::Ptr record) {
    if (!leaves_.empty() && !(leaves_.back()->keys[leaves_.back()->count - 1u] < key)) return false;
    if (leaves_.empty() || leaves_.back()->count == cow::kFanout) leaves_.push_back(Owned(new cow::Leaf<Key>(kFirstGeneration)));
    cow::Leaf<Key>& leaf = *leaves_.back();
    leaf.keys[leaf.count] = key;
    leaf.records[leaf.count] = record.release();
    leaf.count++;
    return true;
  }

  // Puts the runs one behind the other and builds the tree above them; null when there is no record. `ascending` is set to false, and
  // nothing is built, when a run does not begin above the end of the one before it.
  static cow::Node* assemble(std::vector<CowRun> runs, bool& ascending) {
    std::vector<cow::Leaf<Key>*> leaves;
    for (const CowRun& run : runs)
      for (const Owned& leaf : run.leaves_) leaves.push_back(leaf.get());
    ascending = true;
    for (std::size_t i = 1; i < leaves.size(); i++)
      ascending = ascending && leaves[i - 1]->keys[leaves[i - 1]->count - 1u] < leaves[i]->keys[0];
    if (!ascending || leaves.empty()) return nullptr;
    std::vector<Subtree> level;
    for (cow::Leaf<Key>* leaf : leaves) level.push_back({leaf->keys[0], leaf, leaf->count});
    for (CowRun& run : runs)
      for (Owned& leaf : run.leaves_) leaf.release();
    while (level.size() > 1) level = level_above(level);
    return level.front().node;
  }

 private:
  struct FreeTree {
    void operator()(cow::Leaf<Key>* leaf) const { cow::destroy_tree<Key>(leaf); }
  };
  using Owned = std::unique_ptr<cow::Leaf<Key>, FreeTree>;

  struct Subtree {
    Key first;
    cow::Node* node;
    std::uint32_t records;
  };

  static std::vector<Subtree> level_above(const std::vector<Subtree>& below) {
    std::vector<Subtree> level;
    for (std::size_t i = 0; i < below.size(); i++) {
      if (i % cow::kFanout == 0) level.push_back({below[i].first, new cow::Inner<Key>(kFirstGeneration), 0});
      auto* inner = cow::as_inner<Key>(level.back().node);
      inner->keys[inner->count] = below[i].first;
      inner->children[inner->count] = below[i].node;
      inner->counts[inner->count] = below[i].records;
      inner->count++;
      level.back().records += below[i].records;
    }
    return level;
  }

  std::vector<Owned> leaves_;
};

}  // namespace varve
