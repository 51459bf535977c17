// Reading a copy-on-write B+-tree: its nodes as they are now, or as they were when it was frozen.
//
// Threads: a frozen view may be read by any number of threads for as long as its ViewPin is held.
#pragma once

#include "rm/cow_node.h"

namespace varve {

// Goes through the records in the order of their keys.
template <typename Key>
class CowCursor {
 public:
  CowCursor() = default;  // at the end

  bool at_end() const { return leaf_ == nullptr; }
  const Key& key() const { return leaf_->keys[index_]; }
  const Record* record() const { return leaf_->records[index_]; }

  void next() {
    if (++index_ < leaf_->count) {
      if (index_ + kAhead < leaf_->count) __builtin_prefetch(leaf_->records[index_ + kAhead]);
      return;
    }
    while (depth_ > 0 && path_[depth_ - 1].index + 1u == path_[depth_ - 1].node->count) depth_--;
    if (depth_ == 0) {
      leaf_ = nullptr;
      return;
    }
    Step& step = path_[depth_ - 1];
    step.index++;
    descend(step.node->children[step.index]);
  }

 private:
  template <typename>
  friend class CowView;

  struct Step {
    const cow::Inner<Key>* node;
    unsigned index;
  };
  static constexpr unsigned kAhead = 4;  // records that are fetched before they are asked for

  void push(const cow::Inner<Key>* node, unsigned index) { path_[depth_++] = {node, index}; }
  void descend(const cow::Node* node) {
    for (; !node->is_leaf; node = cow::as_inner<Key>(node)->children[0]) push(cow::as_inner<Key>(node), 0);
    stop_at(cow::as_leaf<Key>(node), 0);
  }
  void stop_at(const cow::Leaf<Key>* leaf, unsigned index) {
    leaf_ = leaf;
    index_ = index;
  }

  std::array<Step, cow::kHeightMax> path_{};
  unsigned depth_ = 0;
  const cow::Leaf<Key>* leaf_ = nullptr;
  unsigned index_ = 0;
};

template <typename Key>
class CowView {
 public:
  CowView() = default;
  explicit CowView(const cow::Node* root) : root_(root) {}

  std::size_t size() const { return root_ == nullptr ? 0 : cow::records_below<Key>(root_); }

  const Record* find(const Key& key) const {
    if (root_ == nullptr) return nullptr;
    const cow::Node* node = root_;
    while (!node->is_leaf) {
      const auto* inner = cow::as_inner<Key>(node);
      node = inner->children[cow::child_of(*inner, key)];
      cow::prefetch<Key>(node);
    }
    const auto* leaf = cow::as_leaf<Key>(node);
    const unsigned index = cow::lower_bound(leaf->keys, leaf->count, key);
    return index < leaf->count && !(key < leaf->keys[index]) ? leaf->records[index] : nullptr;
  }

  // At the record with `rank` records before it; at the end when there are no more.
  CowCursor<Key> seek(std::size_t rank) const {
    CowCursor<Key> cursor;
    if (rank >= size()) return cursor;
    const cow::Node* node = root_;
    while (!node->is_leaf) {
      const auto* inner = cow::as_inner<Key>(node);
      unsigned index = 0;
      for (; rank >= inner->counts[index]; index++) rank -= inner->counts[index];
      cursor.push(inner, index);
      node = inner->children[index];
    }
    cursor.stop_at(cow::as_leaf<Key>(node), static_cast<unsigned>(rank));
    return cursor;
  }

  // At the first record whose key is not smaller than `key`.
  CowCursor<Key> lower_bound(const Key& key) const {
    CowCursor<Key> cursor;
    if (root_ == nullptr) return cursor;
    const cow::Node* node = root_;
    while (!node->is_leaf) {
      const auto* inner = cow::as_inner<Key>(node);
      const unsigned index = cow::child_of(*inner, key);
      cursor.push(inner, index);
      node = inner->children[index];
    }
    const auto* leaf = cow::as_leaf<Key>(node);
    const unsigned index = cow::lower_bound(leaf->keys, leaf->count, key);
    cursor.stop_at(leaf, index == leaf->count ? index - 1 : index);
    if (index == leaf->count) cursor.next();
    return cursor;
  }

 private:
  const cow::Node* root_ = nullptr;
};

}  // namespace varve
