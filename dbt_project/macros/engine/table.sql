{#
  A table is dropped and made anew in one transaction: a model that fails leaves the old one. The adapter's own way
  makes it beside the old one, renames both and drops one, a fifth of a build. Python writes by a cursor of its own, so
  there the old table goes before.
#}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {%- set language = model["language"] -%}
    {%- set in_transaction = language == "sql" -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=in_transaction) }}
    {% if existing is not none %}
        {% call statement("drop_existing", auto_begin=in_transaction) %} drop {{ existing.type }} {{ existing }} {% endcall %}
    {% endif %}
    {% call statement("main", language=language) %}
        {{- create_table_as(False, target, compiled_code, language) -}}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=in_transaction) }}
    {% if in_transaction %} {{ adapter.commit() }} {% endif %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
