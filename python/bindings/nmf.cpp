// Simplex factorisations of count tables, mixture weights, and nonnegative matrix factorisation.

#include <memory>

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/core/parallel.hpp"
#include "pauca/core/projections.hpp"
#include "pauca/nmf/anchors.hpp"
#include "pauca/nmf/em.hpp"
#include "pauca/nmf/factorisation.hpp"
#include "pauca/nmf/mixture.hpp"
#include "pauca/nmf/simplex_hals.hpp"

namespace pauca::python {
namespace {

using nmf::CountTable;
using nmf::SimplexFactors;

CountTable counts_view(const CArray<double>& values, const CArray<std::int32_t>& words,
                       const CArray<std::int64_t>& starts, Index n_words) {
  expect_compressed(values, words, starts, n_words);
  return {values.data(), words.data(), starts.data(), starts.size() - 1, n_words};
}

/// Factors as SimplexFactors has them: k x n_words and k x n_documents.
SimplexFactors to_factors(const FArray<double>& words, const FArray<double>& topics, const CountTable& counts) {
  expect_matrix("words", words);
  require(words.shape(0) >= 1, "words: expected at least one component");
  expect_shape("words", words, words.shape(0), counts.n_words);
  expect_shape("topics", topics, words.shape(0), counts.n_documents);
  return {matrix_view(words), matrix_view(topics)};
}

nmf::Start to_start(const std::string& name) {
  if (name == "spa") return nmf::Start::spa;
  if (name == "fast-anchor") return nmf::Start::fast_anchor;
  if (name == "anchor-words") return nmf::Start::anchor_words;
  if (name == "random") return nmf::Start::random;
  throw std::invalid_argument("init: got '" + name + "', expected 'spa', 'fast-anchor', 'anchor-words' or 'random'");
}

py::dict factors_dict(const SimplexFactors& f) {
  py::dict d;
  d["words"] = to_numpy(f.words);
  d["topics"] = to_numpy(f.topics);
  return d;
}

void register_simplex(py::module_& m) {
  m.def(
      "simplex_start",
      [](const CArray<double>& values, const CArray<std::int32_t>& words, const CArray<std::int64_t>& starts,
         Index n_words, Index k, const std::string& init, std::uint64_t seed) {
        const CountTable counts = counts_view(values, words, starts, n_words);
        require(k >= 1 && k <= std::numeric_limits<std::int32_t>::max(), "k: expected a positive number");
        const auto found = run_released(py::none(), [&](Monitor& monitor) {
          Rng rng(seed);
          return nmf::make_start(counts, k, to_start(init), rng, monitor);
        });
        py::dict d = factors_dict(found.factors);
        d["anchors"] = py::array_t<Index>(static_cast<py::ssize_t>(found.anchors.size()), found.anchors.data());
        return d;
      },
      py::arg("values").noconvert(), py::arg("words").noconvert(), py::arg("starts").noconvert(), py::arg("n_words"),
      py::arg("k"), py::arg("init"), py::arg("seed"));

  m.def(
      "simplex_fit",
      [](const CArray<double>& values, const CArray<std::int32_t>& words, const CArray<std::int64_t>& starts,
         Index n_words, const FArray<double>& start_words, const FArray<double>& start_topics,
         const std::string& solver, double smoothing, bool accelerate, double volume, int n_threads, double tol,
         Index max_iter, double max_time, py::object callback) {
        const CountTable counts = counts_view(values, words, starts, n_words);
        SimplexFactors f = to_factors(start_words, start_topics, counts);
        const Settings settings = to_settings(tol, max_iter, max_time);
        const Report report = run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(max_time);
          if (solver == "hals") return nmf::simplex_hals(counts, f, settings, monitor);
          if (solver == "minvol") return nmf::minimum_volume(counts, f, volume, settings, monitor);
          require(solver == "em", "solver: expected 'em', 'hals' or 'minvol'");
          nmf::lift_zeros(f);
          nmf::ExpectationMaximisation em(counts, {smoothing, accelerate, n_threads});
          return em.run(f, settings, monitor);
        });
        py::dict d = to_dict(report);
        d["words"] = to_numpy(f.words);
        d["topics"] = to_numpy(f.topics);
        return d;
      },
      py::arg("values").noconvert(), py::arg("words").noconvert(), py::arg("starts").noconvert(), py::arg("n_words"),
      py::arg("start_words"), py::arg("start_topics"), py::kw_only(), py::arg("solver"), py::arg("smoothing"),
      py::arg("accelerate"), py::arg("volume"), py::arg("n_threads"), py::arg("tol"), py::arg("max_iter"),
      py::arg("max_time"), py::arg("callback"));

  // Rounds of EM on one part of thinned counts that help the other part; the factors after them.
  m.def(
      "simplex_held_out",
      [](const CArray<double>& values, const CArray<double>& held_out, const CArray<std::int32_t>& words,
         const CArray<std::int64_t>& starts, Index n_words, const FArray<double>& start_words,
         const FArray<double>& start_topics, double smoothing, int n_threads, Index max_iter, double max_time,
         py::object callback) {
        const CountTable counts = counts_view(values, words, starts, n_words);
        const CountTable rest = counts_view(held_out, words, starts, n_words);
        SimplexFactors f = to_factors(start_words, start_topics, counts);
        Index rounds = 0;
        double value = 0.0;
        run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(max_time);
          nmf::lift_zeros(f);
          nmf::ExpectationMaximisation em(counts, {smoothing, false, n_threads});
          rounds = em.rounds_for(rest, f, max_iter, monitor);
          value = nmf::log_likelihood(rest, f);
          return 0;
        });
        return py::make_tuple(rounds, value);
      },
      py::arg("values").noconvert(), py::arg("held_out").noconvert(), py::arg("words").noconvert(),
      py::arg("starts").noconvert(), py::arg("n_words"), py::arg("start_words"), py::arg("start_topics"), py::kw_only(),
      py::arg("smoothing"), py::arg("n_threads"), py::arg("max_iter"), py::arg("max_time"), py::arg("callback"));

  m.def(
      "simplex_log_likelihood",
      [](const CArray<double>& values, const CArray<std::int32_t>& words, const CArray<std::int64_t>& starts,
         Index n_words, const FArray<double>& word_factor, const FArray<double>& topic_factor) {
        const CountTable counts = counts_view(values, words, starts, n_words);
        return nmf::log_likelihood(counts, to_factors(word_factor, topic_factor, counts));
      },
      py::arg("values").noconvert(), py::arg("words").noconvert(), py::arg("starts").noconvert(), py::arg("n_words"),
      py::arg("word_factor"), py::arg("topic_factor"));

  // Mixture weights of every row of sparse data (`components`: k x n_columns); k x n_rows.
  m.def(
      "mixture_weights",
      [](const CArray<double>& values, const CArray<std::int32_t>& idx, const CArray<std::int64_t>& starts,
         const FArray<double>& components, double tol, int n_threads) {
        expect_matrix("components", components);
        require(components.shape(0) >= 1, "components: expected at least one");
        expect_compressed(values, idx, starts, components.shape(1));
        const Index k = components.shape(0), n = starts.size() - 1;
        Matrix h = Matrix::Constant(k, n, 1.0 / static_cast<double>(k));
        run_released(py::none(), [&](Monitor& monitor) {
          const Index block = 64;
          parallel_for((n + block - 1) / block, n_threads,
                       [&](Index b) {
                         nmf::MixtureWeights solver(k, tol);
                         for (Index i = b * block; i < std::min(n, (b + 1) * block); ++i) {
                           const auto at = starts.data()[i];
                           solver.solve(values.data() + at, idx.data() + at,
                                        static_cast<Index>(starts.data()[i + 1] - at), components.data(), k,
                                        h.col(i).data());
                         }
                       },
                       [&] { return monitor.keep_going(); });
          return 0;
        });
        return to_numpy(h);
      },
      py::arg("values").noconvert(), py::arg("idx").noconvert(), py::arg("starts").noconvert(), py::arg("components"),
      py::arg("tol"), py::arg("n_threads"));

  // The same for one problem over many dense columns: f (n), components k x n.
  m.def(
      "mixture_weights_one",
      [](const CArray<double>& f, const FArray<double>& components, double tol) {
        expect_matrix("components", components);
        require(components.shape(0) >= 1, "components: expected at least one");
        expect_size("f", f, components.shape(1));
        const Index k = components.shape(0);
        Vector h = Vector::Constant(k, 1.0 / static_cast<double>(k));
        double bound = 0.0;
        run_released(py::none(), [&](Monitor&) {
          nmf::MixtureWeights solver(k, tol);
          bound = solver.solve(f.data(), nullptr, f.size(), components.data(), k, h.data());
          return 0;
        });
        return py::make_tuple(to_numpy(h), bound);
      },
      py::arg("f"), py::arg("components"), py::arg("tol"));

  m.def(
      "simplex_least_squares",
      [](const FArray<double>& gram, const FArray<double>& b) {
        expect_matrix("gram", gram);
        require(gram.shape(0) >= 1, "gram: expected at least one vertex");
        expect_shape("gram", gram, gram.shape(0), gram.shape(0));
        expect_matrix("b", b);
        expect("b", b.shape(0), gram.shape(0));
        const Matrix g = matrix_view(gram), rhs = matrix_view(b);
        Matrix h = Matrix::Zero(rhs.rows(), rhs.cols());
        run_released(py::none(), [&](Monitor&) {
          nmf::simplex_least_squares(g, rhs, h);
          return 0;
        });
        return to_numpy(h);
      },
      py::arg("gram"), py::arg("b"));

  m.def("project_simplex", [](const CArray<double>& v, double radius) {
    Vector out = vector_view(v);
    project_simplex(out.data(), out.size(), radius);
    return to_numpy(out);
  });
  m.def("project_l1_ball", [](const CArray<double>& v, double radius) {
    Vector out = vector_view(v), scratch(out.size());
    project_l1_ball(out.data(), out.size(), radius, scratch.data());
    return to_numpy(out);
  });
}

template <class T>
struct RowsHandle {
  std::unique_ptr<nmf::RowMatrix<T>> rows;
  std::vector<py::object> keep_alive;
};

/// Transposed, padded copy of a factor given as (n, k) C-ordered, that is k contiguous numbers a row.
template <class T>
typename nmf::Factors<T>::M padded_factor(const CArray<T>& f) {
  const Index n = f.shape(0), k = f.shape(1), padded = (k + 3) / 4 * 4;
  typename nmf::Factors<T>::M out = nmf::Factors<T>::M::Zero(padded, n);
  out.topRows(k) = Eigen::Map<const typename nmf::Factors<T>::M>(f.data(), k, n);
  return out;
}

template <class T>
nmf::Factors<T> to_factors(const CArray<T>& left, const CArray<T>& right, const nmf::RowMatrix<T>& x) {
  expect_matrix("left", left);
  const Index k = left.shape(1);
  require(k >= 1, "left: expected at least one component");
  expect_shape("left", left, x.rows(), k);
  expect_shape("right", right, x.cols(), k);
  return {padded_factor(left), padded_factor(right), k};
}

template <class T>
CArray<T> unpadded(const typename nmf::Factors<T>::M& f, Index k) {
  CArray<T> out({f.cols(), k});
  Eigen::Map<typename nmf::Factors<T>::M>(out.mutable_data(), k, f.cols()) = f.topRows(k);
  return out;
}

template <class T>
void register_factorisation(py::module_& m, const char* name) {
  py::class_<RowsHandle<T>>(m, name, py::module_local());
  m.def(
      "dense_rows",
      [](const Strided<T>& x) -> RowsHandle<T> {
        require(x.ndim() == 2 && (x.shape(0) <= 1 || x.strides(0) % static_cast<py::ssize_t>(sizeof(T)) == 0),
                "X: expected a matrix of aligned entries");
        require(x.ndim() == 2 && (x.shape(1) <= 1 || x.strides(1) == static_cast<py::ssize_t>(sizeof(T))),
                "X: expected a row-major array");
        const Index stride = x.shape(0) > 1 ? x.strides(0) / static_cast<py::ssize_t>(sizeof(T)) : x.shape(1);
        return {std::make_unique<nmf::DenseRows<T>>(x.data(), x.shape(0), x.shape(1), stride), {x}};
      },
      py::arg("x").noconvert());
  m.def(
      "sparse_rows",
      [](const CArray<T>& values, const CArray<std::int32_t>& idx, const CArray<std::int64_t>& starts,
         Index cols) -> RowsHandle<T> {
        expect_compressed(values, idx, starts, cols);
        return {std::make_unique<nmf::SparseRows<T>>(values.data(), idx.data(), starts.data(), starts.size() - 1, cols),
                {values, idx, starts}};
      },
      py::arg("values").noconvert(), py::arg("idx").noconvert(), py::arg("starts").noconvert(), py::arg("cols"));
  m.def(
      "nmf_fit",
      [](RowsHandle<T>& x, RowsHandle<T>* xt, const CArray<T>& left, const CArray<T>& right, bool kl,
         const std::array<double, 4>& penalty, Index sweeps, bool extrapolate, int n_threads, double tol,
         Index max_iter, double max_time, py::object callback) {
        nmf::Factors<T> f = to_factors(left, right, *x.rows);
        require(!kl || (xt != nullptr && xt->rows->rows() == x.rows->cols() && xt->rows->cols() == x.rows->rows()),
                "xt: expected the transpose of x");
        nmf::FactorOptions options;
        options.penalty = {penalty[0], penalty[1], penalty[2], penalty[3]};
        options.sweeps = sweeps;
        options.extrapolate = extrapolate;
        options.n_threads = n_threads;
        const Settings settings = to_settings(tol, max_iter, max_time);
        const Report report = run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(max_time);
          return kl ? nmf::kullback_leibler(*x.rows, *xt->rows, f, options, settings, monitor)
                    : nmf::frobenius(*x.rows, f, options, settings, monitor);
        });
        py::dict d = to_dict(report);
        d["left"] = unpadded<T>(f.left, f.k);
        d["right"] = unpadded<T>(f.right, f.k);
        return d;
      },
      py::arg("x"), py::arg("xt").none(true), py::arg("left").noconvert(), py::arg("right").noconvert(), py::kw_only(),
      py::arg("kl"), py::arg("penalty"), py::arg("sweeps"), py::arg("extrapolate"), py::arg("n_threads"),
      py::arg("tol"), py::arg("max_iter"), py::arg("max_time"), py::arg("callback"));
  m.def(
      "nmf_solve_left",
      [](RowsHandle<T>& x, const CArray<T>& left, const CArray<T>& right, bool kl, double l1, double l2, int n_threads,
         double tol) {
        nmf::Factors<T> f = to_factors(left, right, *x.rows);
        nmf::FactorOptions options;
        options.penalty = {l1, l2, 0.0, 0.0};
        options.n_threads = n_threads;
        run_released(py::none(), [&](Monitor& monitor) {
          nmf::solve_left(*x.rows, f, kl, options, tol, monitor);
          return 0;
        });
        return unpadded<T>(f.left, f.k);
      },
      py::arg("x"), py::arg("left").noconvert(), py::arg("right").noconvert(), py::arg("kl"), py::arg("l1"),
      py::arg("l2"), py::arg("n_threads"), py::arg("tol"));
  m.def(
      "nmf_reconstruction",
      [](RowsHandle<T>& x, const CArray<T>& left, const CArray<T>& right, bool kl) {
        nmf::Factors<T> f = to_factors(left, right, *x.rows);
        return run_released(py::none(),
                            [&](Monitor&) { return kl ? nmf::divergence(*x.rows, f) : nmf::misfit(*x.rows, f); });
      },
      py::arg("x"), py::arg("left").noconvert(), py::arg("right").noconvert(), py::arg("kl"));
}

}  // namespace

void register_nmf(py::module_& m) {
  register_simplex(m);
  register_factorisation<double>(m, "Rows64");
  register_factorisation<float>(m, "Rows32");
}

}  // namespace pauca::python
