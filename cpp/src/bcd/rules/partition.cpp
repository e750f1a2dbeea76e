#include "pauca/bcd/rules/partition.hpp"

#include <algorithm>

#include "pauca/core/order.hpp"

namespace pauca::bcd::rules {

namespace {

Block ascending(const Vector& score) {
  Block order = everything(score.size());
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return exceeds(score[b], score[a]); });
  return order;
}

/// smallest, largest, second smallest, ...
Block alternate(const Block& sorted) {
  Block out;
  for (std::size_t low = 0, high = sorted.size(); low < high;) {
    out.push_back(sorted[low++]);
    if (low < high) out.push_back(sorted[--high]);
  }
  return out;
}

}  // namespace

std::vector<Block> make_partition(const std::string& name, Index block_size, Smooth& f, Rng& rng) {
  require(block_size >= 1, "block_size: expected a positive number");
  Block order;
  if (name == "order") {
    order = everything(f.size());
  } else if (name == "random") {
    order = everything(f.size());
    shuffle(order, rng);
  } else if (name == "sort") {
    order = ascending(f.lipschitz());
  } else if (name == "average") {
    order = alternate(ascending(f.lipschitz()));
  } else if (name == "gershgorin") {
    order = ascending(gershgorin(f));
  } else if (name == "gershgorin-average") {
    order = alternate(ascending(gershgorin(f)));
  } else {
    throw std::invalid_argument("partition: no partition is called '" + name + "'");
  }
  std::vector<Block> blocks;
  for (std::size_t k = 0; k < order.size(); k += static_cast<std::size_t>(block_size)) {
    const std::size_t end = std::min(order.size(), k + static_cast<std::size_t>(block_size));
    blocks.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(k),
                        order.begin() + static_cast<std::ptrdiff_t>(end));
    std::sort(blocks.back().begin(), blocks.back().end());
  }
  return blocks;
}

std::vector<Block> blocks_of_labels(const std::vector<Index>& labels) {
  Index count = 0;
  for (Index l : labels) {
    require(l >= 0, "groups: expected labels 0, 1, ...");
    count = std::max(count, l + 1);
  }
  std::vector<Block> blocks(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i)
    blocks[static_cast<std::size_t>(labels[i])].push_back(static_cast<Index>(i));
  for (const Block& b : blocks) require(!b.empty(), "groups: a label between 0 and the largest is missing");
  return blocks;
}

}  // namespace pauca::bcd::rules
