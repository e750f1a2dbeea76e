#include <algorithm>
#include <limits>
#include <numeric>

#include "pauca/bcd/graph/forest.hpp"
#include "pauca/bcd/iteration.hpp"
#include "pauca/bcd/rules/graph_smooth.hpp"
#include "pauca/bcd/rules/heap.hpp"
#include "pauca/bcd/rules/partition.hpp"
#include "pauca/core/rng.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::bcd;

namespace {

/// A random graph: the Laplacian plus a ridge, as compressed rows.
graph::SparseSymmetric random_graph(Index n, double density, Rng& rng, Matrix& dense) {
  dense = Matrix::Zero(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < i; ++j)
      if (rng.uniform() < density) dense(i, j) = dense(j, i) = -0.1 - rng.uniform();
  for (Index i = 0; i < n; ++i) dense(i, i) = 0.2 - dense.row(i).sum();
  std::vector<double> values;
  std::vector<Index> indices, begin{0};
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j)
      if (dense(i, j) != 0.0) values.push_back(dense(i, j)), indices.push_back(j);
    begin.push_back(static_cast<Index>(values.size()));
  }
  return graph::from_rows(values.data(), indices.data(), begin.data(), n);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_rules)

BOOST_AUTO_TEST_CASE(heap_follows_changing_scores) {
  Rng rng(1);
  Vector scores(37);
  for (Index i = 0; i < scores.size(); ++i) scores[i] = static_cast<double>(rng.below(9));  // with ties
  rules::IndexedMaxHeap heap;
  heap.build(scores);
  std::vector<Index> best, expected(scores.size());
  for (int step = 0; step < 500; ++step) {
    const Index i = rng.below(scores.size());
    scores[i] = static_cast<double>(rng.below(9));
    heap.update(i, scores[i]);
    std::iota(expected.begin(), expected.end(), Index{0});
    std::stable_sort(expected.begin(), expected.end(), [&](Index a, Index b) { return scores[a] > scores[b]; });
    heap.best(5, best);
    BOOST_TEST(std::equal(best.begin(), best.end(), expected.begin()));
    BOOST_TEST(heap.top() == expected[0]);
  }
}

BOOST_AUTO_TEST_CASE(messages_solve_a_forest) {
  Rng rng(2);
  for (Index n : {1, 2, 7, 40}) {
    Matrix dense;
    const graph::SparseSymmetric q = random_graph(n, 0.2, rng, dense);
    for (const graph::Block& block : graph::forests(q)) {
      const auto size = static_cast<Index>(block.size());
      Matrix inside(size, size), right(size, 2), x;
      for (Index i = 0; i < size; ++i) {
        for (Index j = 0; j < size; ++j) inside(i, j) = dense(block[i], block[j]);
        for (Index k = 0; k < 2; ++k) right(i, k) = rng.normal();
      }
      graph::solve_forest(q, block, right, x);
      BOOST_TEST((inside * x - right).cwiseAbs().maxCoeff() < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(last_block_may_be_shorter) {
  Rng rng(3);
  Matrix dense;
  rules::GraphSmooth f(random_graph(10, 0.3, rng, dense), Vector::Ones(10));
  for (const char* name : {"order", "random", "sort", "average", "gershgorin", "gershgorin-average"}) {
    const auto blocks = rules::make_partition(name, 4, f, rng);
    BOOST_TEST(blocks.size() == 3u);
    BOOST_TEST(blocks.back().size() == 2u);
    std::vector<int> seen(10, 0);
    for (const auto& b : blocks)
      for (Index i : b) ++seen[i];
    BOOST_TEST(std::all_of(seen.begin(), seen.end(), [](int k) { return k == 1; }));
  }
}

BOOST_AUTO_TEST_CASE(iteration_reaches_the_solution) {
  Rng rng(4);
  Matrix dense;
  rules::GraphSmooth f(random_graph(15, 0.3, rng, dense), Vector::Ones(15));
  const rules::L1Box none{Vector(), Vector(), Vector()};
  Monitor monitor;
  Rules choice;
  choice.selection = "gs-q";
  choice.block_size = 4;
  Iteration iteration(f, none, choice, Vector::Zero(15), monitor);
  const BlockRun result = run(iteration, 5000, 1e-12, -1e300, monitor);
  BOOST_TEST(to_string(result.status) == "converged");
  BOOST_TEST((dense * f.x() - Vector::Ones(15)).cwiseAbs().maxCoeff() < 1e-10);
}

BOOST_AUTO_TEST_CASE(selection_by_improvement_stays_in_range_without_numbers) {
  Rng rng(5);
  Matrix dense;
  const Vector nothing = Vector::Constant(6, std::numeric_limits<double>::quiet_NaN());
  rules::GraphSmooth f(random_graph(6, 0.5, rng, dense), nothing);
  const rules::L1Box none{Vector(), Vector(), Vector()};
  Monitor monitor;
  Rules choice;
  choice.selection = "max-improvement";
  choice.block_size = 3;
  Iteration iteration(f, none, choice, Vector::Zero(6), monitor);
  iteration.update();
  BOOST_TEST(iteration.last().coordinates == (rules::Block{0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
