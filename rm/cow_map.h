// An ordered map of records that can be frozen in constant time: a B+-tree whose nodes carry the generation in which they were
// made. A node that a frozen view may see is copied before it is changed; every other node is changed in place.
//
// Owns:      its nodes and records; those that only views still see are Generations'.
// Threads:   the owner's; see CowView for frozen views.
// Invariant: keys ascend; no node is empty; counts[i] of an inner node is the number of records below children[i].
#pragma once

#include <vector>

#include "base/check.h"
#include "rm/cow_run.h"
#include "rm/cow_view.h"
#include "rm/generations.h"

namespace varve {

// Key: copyable, default constructible, ordered by <.
template <typename Key>
class CowMap {
 public:
  explicit CowMap(Generations& generations) : generations_(generations) {}
  CowMap(const CowMap&) = delete;
  ~CowMap() { cow::destroy_tree<Key>(root_); }

  std::size_t size() const { return size_; }
  // As the map is now. What it shows after the next change is undefined, unless Generations::freeze() came before that.
  CowView<Key> view() const { return CowView<Key>(root_); }
  const Record* find(const Key& key) const { return view().find(key); }

  // Inserts, or replaces what is there.
  void put(const Key& key, Bytes record);
  // False when it was not there.
  bool erase(const Key& key);

  // Takes sorted runs over as the whole content. False, and nothing is changed, when they do not ascend. Precondition: empty.
  bool adopt(std::vector<CowRun<Key>> runs) {
    CHECK(root_ == nullptr);
    bool ascending = false;
    root_ = CowRun<Key>::assemble(std::move(runs), ascending);
    size_ = view().size();
    return ascending;
  }

  // For tests: walks the whole tree.
  void check_invariants() const {
    const Key* previous = nullptr;
    const std::uint32_t records = root_ == nullptr ? 0 : check_node(root_, previous);
    CHECK(records == size_, records, size_);
  }

 private:
  using Leaf = cow::Leaf<Key>;
  using Inner = cow::Inner<Key>;
  using Node = cow::Node;
  static constexpr unsigned kFewEntries = cow::kFanout / 4;     // below it a node looks for a neighbour to merge with,
  static constexpr unsigned kMergedMax = cow::kFanout * 3 / 4;  // unless they would be nearly full together

  struct Step {
    Inner* node;
    unsigned index;
  };
  // The way from the root to a leaf, every node on it free to be changed.
  struct Path {
    std::array<Step, cow::kHeightMax> steps;
    unsigned depth = 0;
    Leaf* leaf = nullptr;
  };

  // Makes the node at `slot` free to be changed.
  Node* own(Node*& slot);
  Path own_path(const Key& key);

  void replace(Record*& slot, Bytes record);
  void insert(Path& path, unsigned index, const Key& key, Record* record);
  Leaf* split_leaf(Path& path, unsigned index);
  // Hangs `right` behind the child at path.steps[depth - 1], splitting nodes upwards as needed.
  void hang(Path& path, unsigned depth, const Key& first, Node* right);
  Inner* split_inner(Inner& left);
  void grow_root(const Key& first, Node* right);

  // Puts right what became small or empty below path.steps[depth - 1].
  void shrink(Path& path, unsigned depth);
  void drop_child(Inner& parent, unsigned index);
  bool merge_children(Inner& parent, unsigned left_index);
  void shrink_root();

  void retire(const Node* node) { generations_.retire(node, cow::node_bytes<Key>(node), node->born, cow::destroy_node<Key>); }
  std::uint32_t check_node(const Node* node, const Key*& previous) const;

  Generations& generations_;
  Node* root_ = nullptr;
  std::size_t size_ = 0;
};

template <typename Key>
typename CowMap<Key>::Node* CowMap<Key>::own(Node*& slot) {
  if (!generations_.seen(slot->born)) return slot;
  Node* copy = slot->is_leaf ? static_cast<Node*>(new Leaf(*cow::as_leaf<Key>(slot))) : new Inner(*cow::as_inner<Key>(slot));
  copy->born = generations_.current();
  generations_.count_copy(cow::node_bytes<Key>(copy));
  retire(slot);
  return slot = copy;
}

template <typename Key>
typename CowMap<Key>::Path CowMap<Key>::own_path(const Key& key) {
  Path path;
  Node* node = own(root_);
  while (!node->is_leaf) {
    Inner* inner = cow::as_inner<Key>(node);
    const unsigned index = cow::child_of(*inner, key);
    CHECK(path.depth < cow::kHeightMax);
    path.steps[path.depth++] = {inner, index};
    cow::prefetch<Key>(inner->children[index]);
    node = own(inner->children[index]);
  }
  path.leaf = cow::as_leaf<Key>(node);
  return path;
}

template <typename Key>
void CowMap<Key>::put(const Key& key, Bytes record) {
  if (root_ == nullptr) root_ = new Leaf(generations_.current());
  Path path = own_path(key);
  Leaf& leaf = *path.leaf;
  const unsigned index = cow::lower_bound(leaf.keys, leaf.count, key);
  if (index < leaf.count && !(key < leaf.keys[index])) return replace(leaf.records[index], record);
  insert(path, index, key, Record::make(record, generations_.current()).release());
  size_++;
}

template <typename Key>
void CowMap<Key>::replace(Record*& slot, Bytes record) {
  if (slot->bytes().size() == record.size() && !generations_.seen(slot->born())) return slot->overwrite(record);
  generations_.retire(slot);
  slot = Record::make(record, generations_.current()).release();
}

template <typename Key>
void CowMap<Key>::insert(Path& path, unsigned index, const Key& key, Record* record) {
  Leaf* right = path.leaf->count == cow::kFanout ? split_leaf(path, index) : nullptr;
  const bool into_right = right != nullptr && index >= path.leaf->count && (index > path.leaf->count || right->count == 0);
  Leaf& leaf = into_right ? *right : *path.leaf;
  if (into_right) index -= path.leaf->count;
  cow::open_gap(leaf.keys, leaf.count, index);
  cow::open_gap(leaf.records, leaf.count, index);
  leaf.keys[index] = key;
  leaf.records[index] = record;
  leaf.count++;
  for (unsigned i = 0; i < path.depth; i++) path.steps[i].node->counts[path.steps[i].index]++;
  if (right != nullptr) hang(path, path.depth, right->keys[0], right);
}

template <typename Key>
typename CowMap<Key>::Leaf* CowMap<Key>::split_leaf(Path& path, unsigned index) {
  bool rightmost = index == path.leaf->count;
  for (unsigned i = 0; i < path.depth; i++) rightmost = rightmost && path.steps[i].index + 1u == path.steps[i].node->count;
  Leaf* right = new Leaf(generations_.current());
  if (rightmost) return right;  // keys that come in ascending order fill their leaves
  Leaf& left = *path.leaf;
  const unsigned half = left.count / 2;
  std::move(left.keys.begin() + half, left.keys.begin() + left.count, right->keys.begin());
  std::move(left.records.begin() + half, left.records.begin() + left.count, right->records.begin());
  right->count = static_cast<std::uint16_t>(left.count - half);
  left.count = static_cast<std::uint16_t>(half);
  return right;
}

template <typename Key>
void CowMap<Key>::hang(Path& path, unsigned depth, const Key& first, Node* right) {
  if (depth == 0) return grow_root(first, right);
  Step step = path.steps[depth - 1];
  const std::uint32_t moved = cow::records_below<Key>(right);
  step.node->counts[step.index] -= moved;
  Inner* split = nullptr;
  if (step.node->count == cow::kFanout) {
    split = split_inner(*step.node);
    if (step.index >= step.node->count) step = {split, step.index - step.node->count};
  }
  Inner& parent = *step.node;
  const unsigned index = step.index + 1;
  cow::open_gap(parent.keys, parent.count, index);
  cow::open_gap(parent.children, parent.count, index);
  cow::open_gap(parent.counts, parent.count, index);
  parent.keys[index] = first;
  parent.children[index] = right;
  parent.counts[index] = moved;
  parent.count++;
  if (split != nullptr) hang(path, depth - 1, split->keys[0], split);
}

template <typename Key>
typename CowMap<Key>::Inner* CowMap<Key>::split_inner(Inner& left) {
  Inner* right = new Inner(generations_.current());
  const unsigned half = left.count / 2;
  std::move(left.keys.begin() + half, left.keys.begin() + left.count, right->keys.begin());
  std::copy(left.children.begin() + half, left.children.begin() + left.count, right->children.begin());
  std::copy(left.counts.begin() + half, left.counts.begin() + left.count, right->counts.begin());
  right->count = static_cast<std::uint16_t>(left.count - half);
  left.count = static_cast<std::uint16_t>(half);
  return right;
}

template <typename Key>
void CowMap<Key>::grow_root(const Key& first, Node* right) {
  Inner* root = new Inner(generations_.current());
  root->children[0] = root_;
  root->counts[0] = cow::records_below<Key>(root_);
  root->keys[1] = first;
  root->children[1] = right;
  root->counts[1] = cow::records_below<Key>(right);
  root->count = 2;
  root_ = root;
}

template <typename Key>
bool CowMap<Key>::erase(const Key& key) {
  if (find(key) == nullptr) return false;
  Path path = own_path(key);
  Leaf& leaf = *path.leaf;
  const unsigned index = cow::lower_bound(leaf.keys, leaf.count, key);
  generations_.retire(leaf.records[index]);
  cow::close_gap(leaf.keys, leaf.count, index);
  cow::close_gap(leaf.records, leaf.count, index);
  leaf.count--;
  size_--;
  for (unsigned i = 0; i < path.depth; i++) path.steps[i].node->counts[path.steps[i].index]--;
  shrink(path, path.depth);
  return true;
}

template <typename Key>
void CowMap<Key>::shrink(Path& path, unsigned depth) {
  if (depth == 0) return shrink_root();
  Inner& parent = *path.steps[depth - 1].node;
  const unsigned index = path.steps[depth - 1].index;
  const unsigned count = parent.children[index]->count;
  if (count >= kFewEntries) return;
  if (count == 0) {
    drop_child(parent, index);
  } else if (!(index > 0 && merge_children(parent, index - 1)) && !(index + 1u < parent.count && merge_children(parent, index))) {
    return;
  }
  shrink(path, depth - 1);
}

template <typename Key>
void CowMap<Key>::drop_child(Inner& parent, unsigned index) {
  retire(parent.children[index]);
  cow::close_gap(parent.keys, parent.count, index);
  cow::close_gap(parent.children, parent.count, index);
  cow::close_gap(parent.counts, parent.count, index);
  parent.count--;
}

template <typename Key>
bool CowMap<Key>::merge_children(Inner& parent, unsigned left_index) {
  const Node* right = parent.children[left_index + 1];
  if (parent.children[left_index]->count + right->count > static_cast<int>(kMergedMax)) return false;
  Node* left = own(parent.children[left_index]);
  if (left->is_leaf) {
    const auto* from = cow::as_leaf<Key>(right);
    auto* into = cow::as_leaf<Key>(left);
    std::copy_n(from->keys.begin(), from->count, into->keys.begin() + into->count);
    std::copy_n(from->records.begin(), from->count, into->records.begin() + into->count);
  } else {
    const auto* from = cow::as_inner<Key>(right);
    auto* into = cow::as_inner<Key>(left);
    std::copy_n(from->keys.begin(), from->count, into->keys.begin() + into->count);
    std::copy_n(from->children.begin(), from->count, into->children.begin() + into->count);
    std::copy_n(from->counts.begin(), from->count, into->counts.begin() + into->count);
    into->keys[into->count] = parent.keys[left_index + 1];
  }
  left->count = static_cast<std::uint16_t>(left->count + right->count);
  parent.counts[left_index] += parent.counts[left_index + 1];
  drop_child(parent, left_index + 1);
  return true;
}

template <typename Key>
void CowMap<Key>::shrink_root() {
  while (root_ != nullptr && (root_->count == 0 || (!root_->is_leaf && root_->count == 1))) {
    const Node* old = root_;
    root_ = root_->count == 0 ? nullptr : cow::as_inner<Key>(root_)->children[0];
    retire(old);
  }
}

template <typename Key>
std::uint32_t CowMap<Key>::check_node(const Node* node, const Key*& previous) const {
  CHECK(node->count > 0 && node->count <= cow::kFanout && node->born <= generations_.current(), node->count, node->born);
  if (node->is_leaf) {
    const auto* leaf = cow::as_leaf<Key>(node);
    for (unsigned i = 0; i < leaf->count; i++) {
      CHECK(previous == nullptr || *previous < leaf->keys[i]);
      CHECK(leaf->records[i] != nullptr && leaf->records[i]->born() <= generations_.current());
      previous = &leaf->keys[i];
    }
    return leaf->count;
  }
  const auto* inner = cow::as_inner<Key>(node);
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < inner->count; i++) {
    CHECK(i == 0 || previous == nullptr || *previous < inner->keys[i], i);
    const std::uint32_t below = check_node(inner->children[i], previous);
    CHECK(below == inner->counts[i], below, inner->counts[i]);
    CHECK(i == 0 || !(*previous < inner->keys[i]), i);
    sum += below;
  }
  return sum;
}

}  // namespace varve
