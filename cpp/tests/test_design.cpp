#include <cstdint>
#include <memory>
#include <numeric>
#include <tuple>

#include "pauca/design/csc.hpp"
#include "pauca/design/dense.hpp"
#include "pauca/design/genotype.hpp"
#include "pauca/design/moments.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::testing;

namespace {

// More rows than one block of any kernel, and no multiple of its lanes.
constexpr Index n = 2101, p = 7;

/// Storage of a design and the same numbers as a dense double matrix.
template <class T>
struct Dense {
  static constexpr bool sparse = false;
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> data;
  Matrix x;
  DenseDesign<T> design;

  // The design looks at the first n of n + 3 rows: a column stride beyond the rows.
  Dense()
      : data(random_matrix(n + 3, p, 1).cast<T>()),
        x(data.topRows(n).template cast<double>()),
        design(data.data(), n, p, n + 3) {}
};

template <class T, class I>
struct Csc {
  static constexpr bool sparse = true;
  std::vector<T> values;
  std::vector<I> indices, indptr;
  Matrix x;
  std::unique_ptr<CscDesign<T, I>> owner;
  const CscDesign<T, I>& design;

  Csc() : x(Matrix::Zero(n, p)), owner(fill()), design(*owner) {}

  // Rows in random order; column 2 is empty, column 3 has one entry, column 4 is full.
  std::unique_ptr<CscDesign<T, I>> fill() {
    Rng rng(2);
    indptr.push_back(0);
    for (Index j = 0; j < p; ++j) {
      std::vector<Index> rows(n);
      std::iota(rows.begin(), rows.end(), Index{0});
      shuffle(rows, rng);
      rows.resize(j == 2 ? 0 : j == 3 ? 1 : j == 4 ? n : 50 * j + 1);
      for (Index i : rows) {
        const T v = static_cast<T>(rng.normal());
        values.push_back(v);
        indices.push_back(static_cast<I>(i));
        x(i, j) = static_cast<double>(v);
      }
      indptr.push_back(static_cast<I>(values.size()));
    }
    return std::make_unique<CscDesign<T, I>>(values.data(), indices.data(), indptr.data(), n, p);
  }
};

/// Codes -1 (missing), 0, 1, 2 under a column stride beyond the rows; `cut`: some rows, out of order and repeated.
template <bool cut>
struct Genotype {
  static constexpr bool sparse = false;
  static constexpr Index stored = cut ? n + 400 : n, stride = stored + 5;
  std::vector<std::int8_t> codes;
  std::vector<double> mean;
  std::vector<Index> n_missing, rows;
  Matrix x;
  GenotypeDesign design;

  Genotype() : x(n, p), design(fill(), n, p) {}

  // Column 2 is all missing, columns 3 and 4 have nothing missing.
  GenotypeCodes fill() {
    Rng rng(3);
    codes.assign(static_cast<std::size_t>(stride * p), 77);
    mean.resize(p);
    n_missing.resize(p);
    for (Index j = 0; j < p; ++j) {
      std::int8_t* column = codes.data() + j * stride;
      double sum = 0.0;
      Index seen = 0;
      for (Index i = 0; i < stored; ++i) {
        const auto c = static_cast<std::int8_t>(rng.below(j == 3 || j == 4 ? 3 : 4));
        column[i] = j == 2 || c == 3 ? std::int8_t{-1} : c;
        if (column[i] == -1) continue;
        sum += column[i];
        ++seen;
      }
      mean[j] = GenotypeDesign::observed_mean(column, stored, -1, n_missing[j]);
      BOOST_CHECK_EQUAL(n_missing[j], stored - seen);
      BOOST_CHECK_EQUAL(mean[j], seen > 0 ? sum / static_cast<double>(seen) : 0.0);
    }
    if (cut)
      for (Index i = 0; i < n; ++i) rows.push_back(static_cast<Index>(rng.below(stored)));
    for (Index j = 0; j < p; ++j)
      for (Index i = 0; i < n; ++i) {
        const std::int8_t c =
            codes[static_cast<std::size_t>(j * stride + (cut ? rows[static_cast<std::size_t>(i)] : i))];
        x(i, j) = c == -1 ? mean[static_cast<std::size_t>(j)] : c;
      }
    return {codes.data(), stride, -1, mean.data(), n_missing.data(), cut ? rows.data() : nullptr};
  }
};

using Storages = std::tuple<Genotype<false>, Genotype<true>, Dense<double>, Dense<float>, Csc<double, std::int32_t>,
                            Csc<double, std::int64_t>, Csc<float, std::int32_t>, Csc<float, std::int64_t>>;

/// Runs a check without and with column scales; the matrix handed over is the scaled one.
template <class S, class Check>
void plain_and_scaled(Check check) {
  S s;
  auto& design = const_cast<Design&>(static_cast<const Design&>(s.design));
  check(design, s.x);
  Vector scale = random_weights(p, 5) * 10.0;
  scale[1] = -2.0;
  scale[5] = 0.0;
  design.set_scale(scale.data());
  check(design, Matrix(s.x * scale.asDiagonal()));
}

constexpr double tol = 1e-12;

}  // namespace

BOOST_AUTO_TEST_SUITE(test_design)

BOOST_AUTO_TEST_CASE_TEMPLATE(shape_and_cost, S, Storages) {
  S s;
  const Design& d = s.design;
  BOOST_CHECK_EQUAL(d.rows(), n);
  BOOST_CHECK_EQUAL(d.cols(), p);
  BOOST_CHECK_EQUAL(d.is_sparse(), S::sparse);
  BOOST_CHECK_EQUAL(d.entries({2, 4}), S::sparse ? n : 2 * n);
  BOOST_CHECK_EQUAL(d.entries({}), 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(column_products, S, Storages) {
  plain_and_scaled<S>([](const Design& d, const Matrix& x) {
    const Vector u = random_vector(n, 3), h = random_weights(n, 4), start = random_vector(n, 6);
    for (Index j = 0; j < p; ++j) {
      BOOST_CHECK_SMALL(d.dot(j, u.data()) - x.col(j).dot(u), 1e-10);
      Vector eta = start;
      d.axpy(j, -1.7, eta.data());
      check_close(eta, start - 1.7 * x.col(j), tol);
      eta = start;
      d.weighted_axpy(j, 0.3, h.data(), eta.data());
      check_close(eta, start + 0.3 * h.cwiseProduct(x.col(j)), tol);
      const double square = x.col(j).squaredNorm(), weighted = h.dot(x.col(j).cwiseAbs2());
      BOOST_CHECK_SMALL(d.weighted_square(j, nullptr) - square, tol * (1 + square));
      BOOST_CHECK_SMALL(d.weighted_square(j, h.data()) - weighted, tol);
    }
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(transposed_products, S, Storages) {
  plain_and_scaled<S>([](const Design& d, const Matrix& x) {
    const Vector u = random_vector(n, 7);
    Vector out = Vector::Constant(p, 99.0);
    Monitor monitor;
    d.transpose_multiply(u.data(), out.data(), monitor);
    check_close(out, x.transpose() * u, tol * n);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_with_several_vectors, S, Storages) {
  plain_and_scaled<S>([](const Design& d, const Matrix& x) {
    for (Index count : {1, 2, 3, 4, 5, 6, 11, 32, 33}) {
      const Matrix u = random_matrix(n, count, 15), w = random_matrix(p, count, 16);
      Matrix out = Matrix::Constant(p, count, 99.0), z = Matrix::Constant(2, 1, 99.0);
      Monitor monitor;
      d.transpose_multiply(u, out, monitor);
      check_close(out, x.transpose() * u, tol * n);
      d.multiply(w, z, monitor);
      check_close(z, x * w, tol * n);
    }
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(weighted_gram, S, Storages) {
  plain_and_scaled<S>([](const Design& d, const Matrix& x) {
    const Vector h = random_weights(n, 8);
    const std::vector<Index> a{5, 0, 3, 1};
    for (const std::vector<Index>& b : {std::vector<Index>{1, 4, 2}, a}) {  // the second is the symmetric case
      for (const double* weight : {static_cast<const double*>(nullptr), h.data()}) {
        Matrix expected(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
          for (std::size_t k = 0; k < b.size(); ++k)
            expected(i, k) = weight ? h.dot(x.col(a[i]).cwiseProduct(x.col(b[k]))) : x.col(a[i]).dot(x.col(b[k]));
        // A leading dimension beyond |A|: what lies between the columns must not be touched.
        Matrix out = Matrix::Constant(6, b.size(), -7.0);
        Monitor monitor;
        d.weighted_gram(weight, a, b, out.data(), 6, monitor);
        check_close(out.topRows(4), expected, tol * n);
        BOOST_CHECK((out.bottomRows(2).array() == -7.0).all());
      }
    }
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(column_moments, S, Storages) {
  S s;
  const Design& d = s.design;
  const Vector weights = random_weights(n, 9);
  for (Index j = 0; j < p; ++j) {
    double mean = -1.0, variance = -1.0;
    d.column_moments(j, weights.data(), mean, variance);
    const double expected = weights.dot(s.x.col(j));
    BOOST_CHECK_SMALL(mean - expected, tol);
    BOOST_CHECK_SMALL(variance - weights.dot((s.x.col(j).array() - expected).square().matrix()), tol);
  }
}

BOOST_AUTO_TEST_CASE(moments_survive_a_large_mean) {
  const Matrix x = random_matrix(n, 1, 14).array() + 1e8;
  const Vector weights = Vector::Constant(n, 1.0 / n);
  const DenseDesign<double> d(x.data(), n, 1, n);
  double mean = 0.0, variance = 0.0;
  d.column_moments(0, weights.data(), mean, variance);
  BOOST_CHECK_CLOSE(variance, (x.array() - 1e8 - (x.array() - 1e8).mean()).square().mean(), 1e-5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(long_products_stop_when_the_monitor_says_so, S, Storages) {
  S s;
  const Design& d = s.design;
  Monitor monitor;
  monitor.start(0.0);
  while (monitor.keep_going()) {
  }
  const Vector u = random_vector(n, 7);
  Vector out = Vector::Constant(p, 99.0);
  d.transpose_multiply(u.data(), out.data(), monitor);
  BOOST_CHECK((out.array() == 99.0 || out.array() == 0.0).all());
  Matrix gram = Matrix::Zero(p, p);
  d.weighted_gram(nullptr, {0, 1, 4}, {4, 5}, gram.data(), p, monitor);
  BOOST_CHECK(gram.isZero(0.0));
}

BOOST_AUTO_TEST_CASE(moments_factor_merges_blocks_in_any_order) {
  const Matrix x = random_matrix(83, 5, 15);
  auto merged = [&](const std::vector<std::pair<Index, Index>>& blocks) {
    MomentsFactor factor(5);
    for (const auto& [first, count] : blocks) factor.append(x.middleRows(first, count));
    return Matrix(factor.factor());
  };
  const Matrix r = merged({{0, 83}});
  check_close(r.transpose() * r, x.transpose() * x, 1e-12);
  BOOST_CHECK(r.isUpperTriangular(0.0));
  BOOST_CHECK((r.diagonal().array() >= 0.0).all());
  check_close(merged({{0, 40}, {40, 1}, {41, 0}, {41, 42}}), r, 1e-11);
  check_close(merged({{41, 42}, {0, 2}, {2, 39}}), r, 1e-11);
  MomentsFactor factor(4);
  BOOST_CHECK_THROW(factor.append(x), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(gram_of_many_columns) {
  // More columns than one panel of the dense kernel.
  const Matrix x = random_matrix(40, 230, 12);
  const DenseDesign<double> d(x.data(), 40, 230, 40);
  std::vector<Index> all(230);
  std::iota(all.begin(), all.end(), Index{0});
  Matrix out(230, 230);
  Monitor monitor;
  d.weighted_gram(nullptr, all, all, out.data(), 230, monitor);
  check_close(out, x.transpose() * x, tol);
}

BOOST_AUTO_TEST_CASE(single_row) {
  const Matrix x = random_matrix(1, 3, 13);
  const DenseDesign<double> d(x.data(), 1, 3, 1);
  const double u = 2.0;
  Vector out(3);
  Monitor monitor;
  d.transpose_multiply(&u, out.data(), monitor);
  check_close(out, 2.0 * x.transpose(), tol);
}

BOOST_AUTO_TEST_SUITE_END()
