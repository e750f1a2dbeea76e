#include <cmath>
#include <vector>

#include "pauca/core/projections.hpp"
#include "pauca/nmf/anchors.hpp"
#include "pauca/nmf/em.hpp"
#include "pauca/nmf/factorisation.hpp"
#include "pauca/nmf/mixture.hpp"
#include "pauca/nmf/simplex_hals.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::nmf;
using namespace pauca::testing;

namespace {

/// Dense counts (documents x words) with the storage that a CountTable looks at.
struct Counts {
  explicit Counts(const Matrix& table) {
    starts.push_back(0);
    for (Index d = 0; d < table.rows(); ++d) {
      for (Index c = 0; c < table.cols(); ++c) {
        if (table(d, c) == 0.0) continue;
        values.push_back(table(d, c));
        words.push_back(static_cast<std::int32_t>(c));
      }
      starts.push_back(static_cast<std::int64_t>(values.size()));
    }
    view = {values.data(), words.data(), starts.data(), table.rows(), table.cols()};
  }
  std::vector<double> values;
  std::vector<std::int32_t> words;
  std::vector<std::int64_t> starts;
  CountTable view;
};

Matrix random_simplex_columns(Index rows, Index cols, std::uint64_t seed) {
  Matrix m = random_matrix(rows, cols, seed).cwiseAbs();
  normalise_columns(m);
  return m;
}

/// Expected counts of a model whose first k words are anchors.
Matrix anchored(Index documents, Index n_words, Index k, SimplexFactors& truth) {
  truth.words = random_matrix(k, n_words, 1).cwiseAbs();
  truth.words.leftCols(k) = 2.0 * Matrix::Identity(k, k);
  normalise_rows(truth.words);
  truth.topics = random_simplex_columns(k, documents, 2);
  return 1000.0 * truth.topics.transpose() * truth.words;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_nmf)

BOOST_AUTO_TEST_CASE(simplex_projection_solves_its_variational_inequality) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Vector v = 3.0 * random_vector(1 + static_cast<Index>(seed % 9), seed);
    Vector z = v;
    project_simplex(z.data(), z.size(), 2.0);
    BOOST_CHECK_CLOSE(z.sum(), 2.0, 1e-10);
    BOOST_CHECK_GE(z.minCoeff(), 0.0);
    // (v - z)'(u - z) <= 0 at every vertex u of the simplex.
    BOOST_CHECK_LE(2.0 * (v - z).maxCoeff() - (v - z).dot(z), 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(l1_ball_projection_leaves_the_inside_alone) {
  Vector v(3), scratch(3);
  v << 0.5, -0.25, 0.1;
  const Vector before = v;
  project_l1_ball(v.data(), 3, 1.0, scratch.data());
  check_close(v, before, 0.0);
  v << 3.0, -1.0, 0.5;
  project_l1_ball(v.data(), 3, 2.0, scratch.data());
  Vector expected(3);
  expected << 2.0, 0.0, 0.0;
  check_close(v, expected, 1e-14);
}

BOOST_AUTO_TEST_CASE(simplex_qp_finds_the_weights_of_a_mixture_and_its_faces) {
  const Matrix v = random_simplex_columns(7, 4, 3);
  Matrix h(4, 3);
  h << 0.1, 1.0, 0.0, 0.2, 0.0, 0.5, 0.3, 0.0, 0.0, 0.4, 0.0, 0.5;
  Matrix found = Matrix::Zero(4, 3);
  simplex_least_squares(v.transpose() * v, v.transpose() * v * h, found);
  check_close(found, h, 1e-9);
}

BOOST_AUTO_TEST_CASE(mixture_weights_reach_their_bound) {
  const Index k = 5, n = 40;
  const Matrix components = random_matrix(k, n, 4).cwiseAbs();
  const Vector f = random_weights(n, 5);
  Vector h = Vector::Constant(k, 1.0 / static_cast<double>(k));
  MixtureWeights solver(k, 1e-10);
  BOOST_CHECK_LE(solver.solve(f.data(), nullptr, n, components.data(), k, h.data()), 1e-10);
  const Vector p = components.transpose() * h;
  const Vector gradient = components * (f.array() / p.array()).matrix();
  BOOST_CHECK_LE(gradient.maxCoeff(), 1.0 + 1e-9);
  BOOST_CHECK_CLOSE(h.sum(), 1.0, 1e-9);
}

BOOST_AUTO_TEST_CASE(anchored_starts_recover_exactly) {
  SimplexFactors truth;
  const Counts counts(anchored(12, 20, 4, truth));
  for (const Start kind : {Start::spa, Start::fast_anchor}) {
    Rng rng(0);
    Monitor monitor;
    const AnchorStart found = make_start(counts.view, 4, kind, rng, monitor);
    for (Index j = 0; j < 4; ++j) {
      const Index topic = found.anchors[static_cast<std::size_t>(j)];
      BOOST_REQUIRE_LT(topic, 4);
      check_close(found.factors.words.row(j), truth.words.row(topic), 1e-8);
      check_close(found.factors.topics.row(j), truth.topics.row(topic), 1e-8);
    }
  }
}

BOOST_AUTO_TEST_CASE(em_and_hals_descend_and_keep_the_constraints) {
  SimplexFactors truth;
  const Counts counts(anchored(9, 15, 3, truth).array().round());
  for (const bool accelerate : {false, true}) {
    SimplexFactors f{random_simplex_columns(15, 3, 6).transpose(), random_simplex_columns(3, 9, 7)};
    Monitor monitor;
    Settings settings;
    settings.tol = 1e-10;
    settings.max_iter = 2000;
    const double before = log_likelihood(counts.view, f);
    ExpectationMaximisation em(counts.view, {0.0, accelerate, 1});
    const Report report = em.run(f, settings, monitor);
    BOOST_CHECK_GT(log_likelihood(counts.view, f), before);
    for (std::size_t i = 1; i < report.objective_path.size(); ++i)
      BOOST_CHECK_GE(report.objective_path[i], report.objective_path[i - 1] - 1e-12);
    check_close(f.words.rowwise().sum(), Vector::Ones(3), 1e-12);
    check_close(f.topics.colwise().sum().transpose(), Vector::Ones(9), 1e-12);

    const Report hals = simplex_hals(counts.view, f, settings, monitor);
    for (std::size_t i = 1; i < hals.objective_path.size(); ++i)
      BOOST_CHECK_LE(hals.objective_path[i], hals.objective_path[i - 1] + 1e-15);
    check_close(f.words.rowwise().sum(), Vector::Ones(3), 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(factorisation_is_the_same_for_any_number_of_threads_and_finds_low_rank) {
  const Index n = 300, m = 40, k = 3;
  const Eigen::Matrix<double, -1, -1, Eigen::RowMajor> x =
      random_matrix(n, k, 8).cwiseAbs() * random_matrix(k, m, 9).cwiseAbs();
  const DenseRows<double> rows(x.data(), n, m, m);
  Matrix right[2];
  for (int threads : {1, 2}) {
    Factors<double> f;
    f.k = k;
    f.left = Matrix::Zero(4, n);
    f.right = Matrix::Zero(4, m);
    f.left.topRows(k) = random_matrix(k, n, 10).cwiseAbs();
    f.right.topRows(k) = random_matrix(k, m, 11).cwiseAbs();
    FactorOptions options;
    options.n_threads = threads;
    Settings settings;
    settings.tol = 1e-9;
    settings.max_iter = 5000;
    Monitor monitor;
    const Report report = frobenius(rows, f, options, settings, monitor);
    BOOST_CHECK_LT(std::sqrt(2.0 * misfit(rows, f)), 1e-3 * x.norm());
    BOOST_CHECK_LT(report.objective, report.objective_path.front());
    BOOST_CHECK_EQUAL(f.left.row(3).norm() + f.right.row(3).norm(), 0.0);
    right[threads - 1] = f.right;
  }
  BOOST_CHECK(right[0] == right[1]);
}

BOOST_AUTO_TEST_SUITE_END()
